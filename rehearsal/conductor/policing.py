"""What a preview of the conductor's finds against the policy, as the policy pack does for the Pulumi CLI."""

from collections.abc import Iterable
from typing import Any

from policy.config_value import parsed
from policy.replacement import replaced
from policy.resource import UNKNOWN, Resource, Stack, texts
from policy.rules import violations
from policy.violation import Violation
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.program import Program
from rehearsal.conductor.properties import COMPUTED
from rehearsal.conductor.registration import Registration


def against_the_policy(program: Program, registrations: Iterable[Registration], outcome: Outcome) -> list[Violation]:
    """All that the rules find, and what of the outcome they don't let happen."""
    config = {key: parsed(text) for key, text in program.config.items()}
    stack = Stack(
        resources=tuple(map(_seen, registrations)),
        exports={name: _known(value) for name, value in outcome.exports.items()},
        secrets=frozenset(text for key in program.secret_keys for text in texts(config.get(key))),
    )
    done = ((step.urn, step.type, step.op.value) for step in outcome.steps)
    return [*violations(stack, config.get("site:allowedViolations") or {}), *replaced(done, config)]


def _seen(registration: Registration) -> Resource:
    """What the cloud will add to the inputs is not known."""
    inputs = _known(registration.inputs)
    return Resource(
        urn=registration.urn,
        type=registration.type,
        parent=registration.parent,
        inputs=inputs,
        outputs=inputs,
        protect=registration.protect,
    )


def _known(value: Any) -> Any:
    """With the rules' own sign for what only `up` can know."""
    if isinstance(value, dict):
        return {name: _known(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_known(inner) for inner in value]
    return UNKNOWN if value is COMPUTED else value
