"""How GitLab's handlers call the API."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rehearsal.conductor.connections import IMPORTING
from rehearsal.conductor.errors import ConductorError, Unreachable
from rehearsal.conductor.handler import Handler
from rehearsal.conductor.properties import Properties

if TYPE_CHECKING:
    from gitlab.base import RESTObject
    from gitlab.v4.objects import Project


class InProject(Handler):
    """Base class: a noun of one project."""

    def project(self, inputs: Properties) -> "Project":
        """The project that `inputs` name, by path or number, without a call."""
        return self.connections.gitlab.projects.get(inputs["project"], lazy=True)


@contextmanager
def called(*, gone: bool = False) -> Iterator[None]:
    """Around calls: errors in our words; with `gone`, what is not there ends the block and is no error."""
    with IMPORTING:
        import gitlab
        import requests

    try:
        yield
    except gitlab.GitlabError as error:
        if not (gone and error.response_code == 404):
            raise ConductorError(f"HTTP {error.response_code}: {error.error_message}") from None
    except requests.ConnectionError as error:
        raise Unreachable(f"the GitLab API does not answer: {error}") from None


def body(inputs: Properties, names: Iterable[str]) -> dict[str, Any]:
    """The API's fields of these input properties; absent ones left out."""
    return {_field(name): inputs[name] for name in names if name in inputs}


def told(found: "RESTObject", names: Iterable[str]) -> Properties:
    """These input properties as the API tells them, None for an empty one."""
    return {name: found.attributes.get(_field(name)) for name in names}


def identity(id: str, *names: str) -> Properties:
    """The properties that a physical id joins with colons, as pulumi-gitlab's do. Raises ConductorError."""
    parts = id.split(":", len(names) - 1)
    if len(parts) != len(names):
        raise ConductorError(f"the id is {id}; it must be {':'.join(names)}")
    return dict(zip(names, parts, strict=True))


def number(id: str) -> str:
    """GitLab's own number at the end of a physical id."""
    return id.rpartition(":")[2]


def _field(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
