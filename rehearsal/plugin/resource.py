"""What the plugin answers about one resource: how it differs, what a preview says of it, and what a refresh finds."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto.provider_pb2 import DiffResponse, PropertyDiff

from rehearsal.conductor import wire
from rehearsal.conductor.handler import Existing, Handler
from rehearsal.conductor.properties import COMPUTED, Properties, changed

SECRETS = frozenset({"token"})
"""Outputs that are secret in themselves; the engine marks those of secret inputs, because this plugin accepts no marks."""


def read(struct: Struct) -> Properties:
    """Properties of a request."""
    return wire.decode(struct)[0]


def write(properties: Properties) -> Struct:
    """Properties for an answer; empty ones left out."""
    struct = Struct()
    struct.update(wire.encode({name: value for name, value in properties.items() if value is not None}, SECRETS))
    return struct


def difference(old: Properties, new: Properties, replaces: Iterable[str] = ()) -> DiffResponse:
    """Never asks for delete before replace, as pulumi-gitlab doesn't for these types: a program has to ask for it."""
    names, replacing = changed(old, new), set(replaces)

    def kind(name: str) -> PropertyDiff:
        change = "UPDATE" if name in old and name in new else "ADD" if name in new else "DELETE"
        return PropertyDiff(kind=PropertyDiff.Kind.Value(f"{change}_REPLACE" if name in replacing else change), inputDiff=True)

    return DiffResponse(
        changes=DiffResponse.DIFF_SOME if names else DiffResponse.DIFF_NONE,
        diffs=names,
        replaces=sorted(replacing),
        # Without it the CLI compares what it shows, and one secret looks like the other.
        detailedDiff={name: kind(name) for name in names},
        hasDetailedDiff=True,
    )


def previewed(kind: type[Handler], new: Properties, old: Properties | None = None) -> Properties:
    """All properties after a creation (without `old`) or an update that is not made yet."""
    if old is None:
        return dict.fromkeys(kind.gives, COMPUTED) | new
    return given(kind, old) | dict.fromkeys(kind.fresh, COMPUTED) | new


def given(kind: type[Handler], properties: Properties) -> Properties:
    """The outputs that are not inputs."""
    return {name: properties[name] for name in kind.gives if name in properties}


def refreshed(kind: type[Handler], old_inputs: Properties, old: Properties, found: Existing) -> tuple[Properties, Properties]:
    """Inputs and all properties of what is there. A program's own spelling stays, and so does what GitLab told only once."""
    inputs = {
        name: value if name not in found.inputs or _same(value, found.inputs[name]) else found.inputs[name]
        for name, value in (old_inputs or found.inputs).items()
    }
    return inputs, inputs | given(kind, old) | found.outputs


def _same(one: Any, other: Any) -> bool:
    """Whether GitLab takes both for the same: a text with white space around it, scopes in any order."""
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip()
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return bool(one == other)
