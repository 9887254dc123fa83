"""How GitLab's handlers call the API."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rehearsal.conductor.errors import ConductorError, Unreachable
from rehearsal.conductor.handler import Handler
from rehearsal.conductor.properties import Properties

if TYPE_CHECKING:
    from gitlab.v4.objects import Project


class InProject(Handler):
    """Base class: a noun of one project."""

    def project(self, inputs: Properties) -> "Project":
        """The project that `inputs` name, by path or number, without a call."""
        return self.connections.gitlab.projects.get(inputs["project"], lazy=True)


@contextmanager
def called(*, gone: bool = False) -> Iterator[None]:
    """Around calls: errors in our words; with `gone`, what is not there ends the block and is no error."""
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
    return {re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name): inputs[name] for name in names if name in inputs}
