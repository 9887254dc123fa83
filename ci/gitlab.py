"""What is in GitLab projects, as far as this program makes it."""

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import gitlab
import requests
from gitlab.v4.objects import Project

from ci.thing import CloudError, Thing

Inputs = dict[str, Any]
ONCE = "gitlab:index/projectDeployToken:ProjectDeployToken"
"""Its token is told at its creation only: what a killed run made of it can't be used."""


class GitLab:
    """GitLab as the owner of a token sees it."""

    def __init__(self, token: str) -> None:
        self._token = token

    @cached_property
    def _client(self) -> gitlab.Gitlab:
        url = os.environ.get("GITLAB_BASE_URL", "https://gitlab.com").partition("/api/")[0]
        return gitlab.Gitlab(url, private_token=self._token, ssl_verify=os.environ.get("SSL_CERT_FILE") or True)

    @contextlib.contextmanager
    def project(self, path: str) -> Iterator[Project]:
        """A project by its path or id, not looked at yet. What GitLab refuses inside the block is a CloudError."""
        with _explained():
            yield self._client.projects.get(path, lazy=True)

    def find(self, type: str, inputs: Inputs) -> list[Thing]:
        """What was made of these inputs."""
        project = self._client.projects.get(inputs["project"], lazy=True)
        with _explained():
            ids = _FINDERS[type.rpartition(":")[2]](project, inputs)
        return [Thing(type=type, id=f"{inputs['project']}:{id}", name=id) for id in ids]

    def set_variable(self, project: str, key: str, value: str, *, scope: str) -> None:
        """Give a CI variable of an environment another value, or make it: protected, and masked and hidden. Raises CloudError."""
        with _explained():
            variables = self._client.projects.get(project, lazy=True).variables
            known = {(found.key, found.environment_scope) for found in variables.list(iterator=True)}
            new = {"value": value, "protected": True, "raw": True}
            if (key, scope) in known:
                variables.update(key, {**new, "masked": True}, filter={"environment_scope": scope})
            else:
                variables.create({"key": key, "environment_scope": scope, "masked_and_hidden": True, **new})

    def has_deploy_key(self, project: str, public: str) -> bool:
        """Whether this public key opens the project. Raises CloudError."""
        with _explained():
            keys = self._client.projects.get(project, lazy=True).keys.list(iterator=True)
            return any(key.key.split()[1] == public.split()[1] for key in keys)

    def delete_token(self, thing: Thing) -> None:
        """Revoke a deploy token."""
        project, _, number = thing.id.rpartition(":")
        with _explained():
            self._client.projects.get(project, lazy=True).deploytokens.delete(int(number))


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (gitlab.GitlabError, requests.RequestException) as error:
        raise CloudError(f"GitLab: {error}; is GITLAB_TOKEN (or the stack's gitlab:token) right?") from None


def _variable(project: Any, inputs: Inputs) -> list[str]:
    key, scope = inputs["key"], inputs.get("environmentScope", "*")
    return [f"{key}:{scope}" for found in project.variables.list(iterator=True) if (found.key, found.environment_scope) == (key, scope)]


def _by(collection: str, field: str, given: str) -> Callable[[Any, Inputs], list[str]]:
    """Things with a number, known by another field."""
    return lambda project, inputs: [
        str(found.id) for found in getattr(project, collection).list(iterator=True) if getattr(found, field) == inputs[given]
    ]


def _named(collection: str, given: str) -> Callable[[Any, Inputs], list[str]]:
    """Things that are known by their name."""
    return lambda project, inputs: [found.name for found in getattr(project, collection).list(iterator=True) if found.name == inputs[given]]


_FINDERS: dict[str, Callable[[Any, Inputs], list[str]]] = {
    "ProjectVariable": _variable,
    "ProjectEnvironment": _by("environments", "name", "name"),
    "ProjectDeployToken": _by("deploytokens", "name", "name"),
    "DeployKey": _by("keys", "title", "title"),
    "BranchProtection": _named("protectedbranches", "branch"),
    "TagProtection": _named("protectedtags", "tag"),
}
