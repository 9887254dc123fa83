"""How DigitalOcean's handlers call the API."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rehearsal.conductor.errors import ConductorError, Unreachable
from rehearsal.conductor.handler import Handler, wait_until
from rehearsal.conductor.properties import Properties

if TYPE_CHECKING:
    import pydo

Object = dict[str, Any]
PAGE = 200
"""Objects a page, the API's most: a rehearsal has fewer of anything."""


class ApiError(ConductorError):
    """The API said no; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}")
        self.status = status


class DigitalOcean(Handler):
    """Base class: calls that raise, and deletions that tolerate what is gone."""

    @property
    def api(self) -> "pydo.Client":
        return self.connections.digitalocean

    def call(self, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Object:
        """Run one operation of the client. Raises ApiError: by itself the client returns many an error as if it were a reply."""
        from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

        def checked(response: Any, body: Object | None, _headers: object) -> Object:
            status = response.http_response.status_code
            if status >= 400:
                raise ApiError(status, (body or {}).get("message", "no message"))
            return body or {}

        try:
            reply: Object = operation(*args, **kwargs, cls=checked)
        except HttpResponseError as error:
            text = error.response.text() if error.response is not None else str(error)
            raise ApiError(error.status_code or 0, text) from None
        except (ServiceRequestError, ServiceResponseError) as error:
            raise Unreachable(f"the DigitalOcean API does not answer: {error}") from None
        return reply

    def gone(self, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run a deletion; what is gone already is fine."""
        try:
            self.call(operation, *args, **kwargs)
        except ApiError as error:
            if error.status != 404:
                raise

    def wait_for_action(self, get: Callable[..., Any], action: Object, *args: Any) -> None:
        """Wait for the end of an action. Raises ConductorError where it ends in an error."""

        def ended() -> bool:
            status = self.call(get, *args, action["id"])["action"]["status"]
            if status == "errored":
                raise ConductorError(f"the action {action['type']} ended in an error")
            return bool(status == "completed")

        wait_until(ended, what=f"the action {action['type']}", seconds=300)


def body(inputs: Properties, names: Iterable[str], **renamed: str) -> Object:
    """The API's fields of these input properties: in snake case, or as `renamed` (property=field); absent ones left out."""
    fields = {name: re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name) for name in names} | renamed
    return {field: inputs[name] for name, field in fields.items() if name in inputs}


def named(objects: Iterable[Object], name: str, key: str = "name") -> Object | None:
    """The one with this name."""
    return next((item for item in objects if item[key] == name), None)
