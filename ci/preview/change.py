"""What a preview would do to each resource, read from the engine's events."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from ci.cli import is_real
from policy.resource import UNKNOWN

Op = Literal["create", "update", "replace", "delete"]
_OPS: dict[str, Op] = {
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "import-replacement": "replace",
    "delete": "delete",
}
_NOISE = ("taskSpec.containerSpec.sysctl",)
"""Docker's provider names it with every other change of a service, though it is empty before and after."""
_OBJECTS = ("source", "secretId", "secretName", "id")
"""By what a service knows its volumes, secrets and networks."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Of one resource. `properties` are the paths that differ (`taskSpec.containerSpec.image`), those that force a replacement first;
    `old` and `new` are its inputs, with secrets hidden."""

    urn: str
    type: str
    op: Op
    properties: tuple[str, ...] = ()
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def kind(self) -> str:
        """The short type: `digitalocean Droplet`."""
        return f"{self.type.partition(':')[0]} {self.type.rpartition(':')[2]}"

    @property
    def component(self) -> str:
        """The innermost of the program's components that holds it, like `Site`; empty where there is none."""
        above = [part.rpartition(":")[2] for part in self.urn.split("::")[2].split("$")[:-1] if ":" in part]
        return above[-1] if above else ""

    def __str__(self) -> str:
        return f"{self.op} {self.kind} {self.name}" + (f" ({', '.join(self.properties)})" if self.properties else "")


def changes(events: Iterable[dict[str, Any]]) -> list[Change]:
    """What the events of a preview tell, in their order, each resource once. Components and the engine's own providers are left out."""
    found: dict[str, Change] = {}
    for raw in events:
        metadata = raw.get("resourcePreEvent", {}).get("metadata", {})
        op = _OPS.get(metadata.get("op", ""))
        if not op or not is_real(metadata):
            continue
        urn, old, new = str(metadata["urn"]), metadata.get("old") or {}, metadata.get("new") or {}
        if urn in found and found[urn].op == "replace":
            continue
        found[urn] = Change(
            urn=urn,
            type=str(metadata["type"]),
            op=op,
            properties=_properties(metadata) if op in ("update", "replace") else (),
            old=old.get("inputs") or {},
            new=new.get("inputs") or {},
        )
    return list(found.values())


def _properties(metadata: dict[str, Any]) -> tuple[str, ...]:
    """By the provider's detailed difference, or by names alone where it gave none. It gives neither as long as its own config is not known,
    like Docker's with a new credential of the registry: then those inputs count that are declared otherwise, or not known either."""
    detailed = metadata.get("detailedDiff") or {}
    kinds = {path: str(entry.get("diffKind", "")) for path, entry in detailed.items() if path not in _NOISE}
    names = kinds or dict.fromkeys([*(metadata.get("keys") or ()), *(metadata.get("diffs") or ())] or _declared(metadata), "")
    return tuple(sorted(names, key=lambda path: ("replace" not in names[path], path)))


def _declared(metadata: dict[str, Any]) -> list[str]:
    old, new = ((metadata.get(side) or {}).get("inputs") or {} for side in ("old", "new"))
    return [name for name in new if not name.startswith("__") and not _within(new[name], old.get(name))]


def _within(new: Any, old: Any) -> bool:
    """Whether all of `new` is in `old`, which has the provider's own defaults too, but for objects that were not compared either."""
    if isinstance(new, dict) and isinstance(old, dict):
        return all(
            name.startswith("__") or (name in _OBJECTS and value == UNKNOWN) or _within(value, old.get(name)) for name, value in new.items()
        )
    if isinstance(new, list) and isinstance(old, list):
        return len(new) == len(old) and all(_within(*pair) for pair in zip(new, old, strict=True))
    return bool(new == old)
