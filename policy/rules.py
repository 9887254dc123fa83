"""All rules, and what they find."""

from collections.abc import Iterator, Mapping

from policy import bucket, confinement, database, droplet, network, ownership, pipeline, registry, replacement, secret, services, web
from policy.resource import Stack
from policy.rule import Rule
from policy.violation import Violation

RULES: tuple[Rule, ...] = (
    *network.RULES,
    *droplet.RULES,
    *database.RULES,
    *web.RULES,
    *pipeline.RULES,
    *registry.RULES,
    *services.RULES,
    *confinement.RULES,
    *bucket.RULES,
    *ownership.RULES,
    *secret.RULES,
    *replacement.RULES,
)
BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}


def violations(stack: Stack, allowed: Mapping[str, str]) -> Iterator[Violation]:
    """Everything in a stack that is against a rule; `allowed` are the reasons that its config gives, by id."""
    for rule in RULES:
        found = [(resource.urn, said) for resource in stack.resources for said in (rule.resource(resource) if rule.resource else ())]
        for urn, message in [*found, *(rule.stack(stack) if rule.stack else ())]:
            yield Violation(id=rule.id, urn=urn, message=message, mend=rule.mend, allowed=allowed.get(rule.id, ""))
