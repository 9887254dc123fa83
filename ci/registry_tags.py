"""Tags that leave a registry, by the API of the cloud that has it: `Releases.outdated` names them.

Only tags are removed, one by one and by name: a digest that has another tag, of this stack or of another, stays what it is.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import gitlab
import pydo
import requests
from azure.core.exceptions import AzureError
from gitlab.v4.objects import Project

from ci.thing import CloudError

_LIMIT = 30
DEPLOYED = "deployed-.*"
"""The tags of releases of all stacks, as a pattern."""


class Tags(Protocol):
    """The tags of a registry."""

    def remove(self, repository: str, tags: Sequence[str]) -> None:
        """Remove these from `repository`, which is as in an image's name: HOST/PATH. Gone already is fine. Raises CloudError."""


@dataclass(frozen=True, kw_only=True)
class GitLabTags:
    """Of GitLab. `token` has the scope `api`; `url` is that of the API, and `ca_file` is trusted in place of the system's authorities."""

    stack: str
    token: str
    url: str = ""
    ca_file: str | None = None

    def remove(self, repository: str, tags: Sequence[str]) -> None:
        """Also where `tags` is empty the project's cleanup policy is looked at, for it has to leave the tags of releases alone.

        What a team has enabled is changed only where it would take tags of this stack's releases, and then only in what it keeps.
        """
        path = repository.partition("/")[2]
        with _gitlab_explained(), self._client() as client:
            project = _project(client, path)
            if tags:
                _remove(project, path, tags)
            policy = project.attributes.get("container_expiration_policy") or {}
            if policy.get("enabled") and not keeps(keep := policy.get("name_regex_keep") or "", self.stack):
                client.projects.update(project.id, {"container_expiration_policy_attributes": {"name_regex_keep": widened(keep)}})

    def _client(self) -> gitlab.Gitlab:
        url = (self.url or os.environ.get("GITLAB_BASE_URL", "https://gitlab.com")).partition("/api/")[0]
        trusted = self.ca_file or os.environ.get("SSL_CERT_FILE") or True
        return gitlab.Gitlab(url, private_token=self.token, ssl_verify=trusted, timeout=_LIMIT)


def keeps(pattern: str, stack: str) -> bool:
    """Whether GitLab keeps a stack's releases by a pattern, which it puts between \\A and \\z: cleanup_tags_base_service.rb."""
    if pattern.rpartition("|")[2] == DEPLOYED:
        return True
    try:
        return all(re.search(rf"\A{pattern}\Z", f"deployed-{stack}-{number}") for number in (1, 20, 300))
    except re.error:
        return False  # in Google's dialect and not in Python's; to keep more does no harm


def widened(pattern: str) -> str:
    """A pattern that keeps the releases of all stacks too."""
    return f"{pattern}|{DEPLOYED}" if pattern else DEPLOYED


@dataclass(frozen=True, kw_only=True)
class DigitalOceanTags:
    """Of DigitalOcean's registry. `token` may delete in it (scope `registry:delete`); `url` and `ca_file` are as for GitLab.

    No garbage collection is started, because the registry can only be read while it runs: what has no tag any more takes up storage until
    somebody starts one.
    """

    token: str
    url: str = ""
    ca_file: str | None = None

    def remove(self, repository: str, tags: Sequence[str]) -> None:
        _, registry, path = repository.split("/", 2)
        with _digitalocean_explained(), self._client() as client:
            for tag in tags:
                # It answers a 404 without raising anything.
                client.registries.delete_repository_tag(registry, path, tag)

    def _client(self) -> pydo.Client:
        url = self.url or os.environ.get("DIGITALOCEAN_API_URL", "https://api.digitalocean.com")
        trusted = self.ca_file or os.environ.get("SSL_CERT_FILE") or True
        return pydo.Client(self.token, endpoint=url, connection_verify=trusted, timeout=_LIMIT)


def in_digitalocean(image: str) -> bool:
    """Whether an image or repository is in DigitalOcean's registry; else it is in a GitLab's."""
    return image.startswith("registry.digitalocean.com/")


def tags_of(stack: str, repository: str, token: str, *, url: str = "", ca_file: str | None = None) -> Tags:
    """Those of the registry that `repository` (HOST/PATH) is in; `url` is its cloud's API, where that is not in the environment."""
    if in_digitalocean(repository):
        return DigitalOceanTags(token=token, url=url, ca_file=ca_file)
    return GitLabTags(stack=stack, token=token, url=url, ca_file=ca_file)


def _project(client: gitlab.Gitlab, path: str) -> Project:
    """The project with the longest path that leads to the repository. Raises CloudError."""
    parts = path.split("/")
    for length in range(len(parts), 1, -1):
        try:
            return client.projects.get("/".join(parts[:length]))
        except gitlab.GitlabGetError as error:
            if error.response_code != 404:
                raise
    raise CloudError(
        f"GitLab: no project that GITLAB_TOKEN (or the stack's gitlab:token) may see has the repository {path} in its registry"
    )


def _remove(project: Project, path: str, tags: Sequence[str]) -> None:
    found = next((one for one in project.repositories.list(iterator=True) if one.path == path), None)
    if found is None:
        raise CloudError(f"GitLab: the registry of {project.path_with_namespace} has no repository {path}")
    for tag in tags:
        try:
            found.tags.delete(tag)
        except gitlab.GitlabDeleteError as error:
            if error.response_code != 404:
                raise


@contextlib.contextmanager
def _gitlab_explained() -> Iterator[None]:
    try:
        yield
    except (gitlab.GitlabError, requests.RequestException) as error:
        raise CloudError(
            f"GitLab: {error}; is GITLAB_TOKEN (or the stack's gitlab:token) right, and of a maintainer of the image's project?"
        ) from None


@contextlib.contextmanager
def _digitalocean_explained() -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        # Of "(None) WORDS\nCode: None\nMessage: WORDS" the words.
        words = error.message.rpartition("Message: ")[2]
        raise CloudError(
            f"DigitalOcean: {words}; may DIGITALOCEAN_TOKEN (or the stack's digitalocean:token) delete in the registry?"
        ) from None
