"""What one registration asks for, told by comparing it with the ledger. No effect, no network."""

import copy
import re
from dataclasses import dataclass
from typing import Any

from rehearsal.conductor.errors import START_AGAIN, Refused
from rehearsal.conductor.handler import Handler
from rehearsal.conductor.ledger import Entry
from rehearsal.conductor.properties import Properties, changed, computed
from rehearsal.conductor.registration import Registration
from rehearsal.conductor.step import Op, Step


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The step, and the inputs it is to be made with. An auto-named resource that is created has no `name` yet."""

    step: Step
    inputs: Properties


def decide(registration: Registration, entry: Entry | None, kind: type[Handler]) -> Decision:
    """Compare. `entry` is what is there, None for nothing.

    Raises Refused for a property that the handler does not know, and for a replacement that is not create-before-delete.
    """
    inputs = dict(registration.inputs)
    _refuse_unknown(registration, kind)
    if entry is None:
        return Decision(step=_step(registration, Op.CREATE), inputs=inputs)

    if kind.auto_named:
        inputs.setdefault("name", entry.inputs.get("name"))
    inputs = _ignoring(entry.inputs, inputs, registration)
    differing = changed(entry.inputs, inputs)
    if not differing:
        return Decision(step=_step(registration, Op.SAME), inputs=inputs)

    also = {re.split(r"[.\[]", path)[0] for path in registration.replace_on_changes}
    replacing = {*kind.replacing(entry.inputs, inputs), *(name for name in differing if name in also or "*" in also)}
    if not kind.replaceable:
        # A value that only `up` will know may well be the old one, and then `up` replaces nothing.
        replacing = {path for path in replacing if not computed(inputs.get(path.split(".")[0]))}
    if not replacing:
        return Decision(step=_step(registration, Op.UPDATE, differing), inputs=inputs)

    if not kind.replaceable or registration.delete_before_replace:
        why = "must be deleted before it is made again" if registration.delete_before_replace else "can't be replaced beside the old one"
        what = f"{registration.type} {registration.name}: a change of {', '.join(sorted(replacing))} needs a new one, and it {why}"
        raise Refused(f"{what}, which the conductor does not play: {START_AGAIN}")
    if kind.auto_named and "name" not in registration.inputs:
        del inputs["name"]
    return Decision(step=_step(registration, Op.REPLACE, differing), inputs=inputs)


def removal(entry: Entry) -> Step:
    """The step that deletes an entry."""
    return Step(urn=entry.urn, type=entry.type, name=entry.name, parent=entry.parent, op=Op.DELETE)


def _step(registration: Registration, op: Op, properties: tuple[str, ...] = ()) -> Step:
    return Step(
        urn=registration.urn, type=registration.type, name=registration.name, parent=registration.parent, op=op, properties=properties
    )


def _refuse_unknown(registration: Registration, kind: type[Handler]) -> None:
    if unknown := sorted(registration.inputs.keys() - kind.accepts):
        known = ", ".join(sorted(kind.accepts))
        what = f"{registration.type} {registration.name}: the conductor does not know the property {', '.join(unknown)}"
        raise Refused(f"{what}; it knows {known}")


def _ignoring(old: Properties, new: Properties, registration: Registration) -> Properties:
    """The new inputs with the old values under each path of `ignoreChanges`."""
    if "*" in registration.ignore_changes:
        return dict(old)
    kept = copy.deepcopy(new)
    for path in registration.ignore_changes:
        if "[" in path:
            raise Refused(f"{registration.type} {registration.name}: ignoreChanges knows property names and dots, not {path}")
        _keep(old, kept, path.split("."))
    return kept


def _keep(old: Any, new: Any, path: list[str]) -> None:
    first, *rest = path
    if rest and isinstance(old, dict) and isinstance(new, dict):
        _keep(old.get(first, {}), new.get(first), rest)
    elif isinstance(new, dict) and first in old:
        new[first] = old[first]
    elif isinstance(new, dict):
        new.pop(first, None)
