"""What a run of the program declared, and how to look at it."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Secret:
    """A value that the engine would encrypt in its state and hide in its output."""

    value: Any


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration. `inputs` are plain values, with `Secret` around what is marked."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    custom: bool
    protect: bool
    provider: str
    """URN of the provider that it names, or empty."""
    dependencies: frozenset[str]
    delete_before_replace: bool | None
    """None where nothing was said."""
    ignore_changes: tuple[str, ...]
    deleted_with: str
    """URN of what it goes with, without being asked to; or empty."""

    @property
    def plain(self) -> dict[str, Any]:
        """The inputs without marks."""
        return {key: opened(value) for key, value in self.inputs.items()}

    @property
    def short(self) -> str:
        """Package and type, like `docker.Service`."""
        return f"{self.type.partition(':')[0]}.{self.type.rpartition(':')[2]}"


@dataclass(frozen=True)
class Build:
    """What a run of the program declared."""

    stack: str
    resources: dict[str, Resource] = field(default_factory=dict)
    """By URN."""
    exports: dict[str, Any] = field(default_factory=dict)
    """With `Secret` around what is marked."""
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What components say of themselves, by URN."""

    def all(self, short: str) -> list[Resource]:
        """All resources of a type, like `docker.Service`."""
        return [resource for resource in self.resources.values() if resource.short == short]

    def one(self, short: str, name: str | None = None) -> Resource:
        """The only resource of a type, or the one with this name among them."""
        found = [resource for resource in self.all(short) if name in (None, resource.name)]
        assert len(found) == 1, f"{len(found)} resources are {short} {name or ''}"
        return found[0]

    def services(self, *, of_the_image: bool) -> list[Resource]:
        """The swarm's services: those that run the site's image, or those of others."""
        return [service for service in self.all("docker.Service") if of_the_image == ("RELEASE" in (container(service).get("env") or {}))]

    def before(self, resource: Resource) -> set[str]:
        """URNs of everything that must be done before a resource is touched."""
        found: set[str] = set()
        waiting = [resource.urn]
        while waiting:
            here = self.resources[waiting.pop()]
            new = ({here.provider} - {""} | here.dependencies) - found
            found |= new
            waiting += new
        return found


def container(service: Resource) -> dict[str, Any]:
    """The container part of a service's specification, without marks."""
    spec: dict[str, Any] = service.plain["taskSpec"]["containerSpec"]
    return spec


def opened(value: Any) -> Any:
    """A value without marks, at any depth."""
    match value:
        case Secret(inner):
            return opened(inner)
        case dict():
            return {key: opened(item) for key, item in value.items()}
        case list():
            return [opened(item) for item in value]
        case _:
            return value


def exposed(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text that is not secret, with its path; what reads as base64 comes a second time as what it says."""
    match value:
        case Secret():
            return
        case dict():
            for key, item in value.items():
                yield from exposed(item, f"{path}.{key}")
        case list():
            for index, item in enumerate(value):
                yield from exposed(item, f"{path}[{index}]")
        case _:
            yield path, str(value)
            try:
                yield f"{path} (base64)", base64.b64decode(str(value), validate=True).decode()
            except (binascii.Error, UnicodeError):
                return
