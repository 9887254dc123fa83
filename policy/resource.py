"""A resource as rules see it, wherever it comes from: a test's recording, the Pulumi engine, or the rehearsal's conductor."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is known only after the `up` (UnknownStringValue in sdk/go/common/resource/plugin/rpc.go): no rule judges it."""
STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource. `inputs` and `outputs` are plain values, secrets in clear; a component has none of these."""

    urn: str
    type: str
    """Whole, like `digitalocean:index/droplet:Droplet`."""
    parent: str = ""
    """URN of what it hangs on."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def stack(self) -> str:
        """The stack that declares it."""
        return self.urn.split(":")[2]

    @property
    def kind(self) -> str:
        """Package and type: `digitalocean:Droplet`."""
        return kind(self.type)

    @property
    def component(self) -> bool:
        """Whether it only holds others."""
        return self.type.startswith("site:infra:")

    def get(self, path: str) -> Any:
        """An input by its path, like `taskSpec.resources.limits`. None where it is not there, UNKNOWN where a part is not known yet."""
        value: Any = self.inputs
        for name in path.split("."):
            if value == UNKNOWN:
                return UNKNOWN
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def items(self, path: str) -> list[Any]:
        """The known entries of a list, by its path; none where there is no list, or it is not known yet."""
        value = self.get(path)
        return [item for item in value if item != UNKNOWN] if isinstance(value, Iterable) and not isinstance(value, str) else []

    def table(self, path: str) -> Mapping[str, Any]:
        """The known entries of an object, by its path; none where there is no object, or it is not known yet."""
        value = self.get(path)
        return {name: item for name, item in value.items() if item != UNKNOWN} if isinstance(value, Mapping) else {}


@dataclass(frozen=True, kw_only=True)
class Stack:
    """All resources of a stack, what it exports, and `secrets`: the texts that its config holds as secrets."""

    resources: tuple[Resource, ...]
    exports: Mapping[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

    def of(self, kind: str) -> Iterator[Resource]:
        """All of one kind, like `digitalocean:DatabaseCluster`."""
        return (resource for resource in self.resources if resource.kind == kind)


def kind(type: str) -> str:
    """Package and type of a whole type token."""
    return f"{type.partition(':')[0]}:{type.rpartition(':')[2]}"


def texts(value: Any) -> Iterator[str]:
    """Every known text inside a value."""
    if isinstance(value, str):
        if value != UNKNOWN:
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from texts(inner)
