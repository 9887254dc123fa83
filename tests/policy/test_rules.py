"""Both committed stacks keep every rule; each rule finds what breaks it, and only that."""

import re
from dataclasses import replace

import pytest

from policy.replacement import RULES as OF_CHANGES
from policy.resource import UNKNOWN, Stack
from policy.rules import BY_ID, RULES, violations
from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.policy.breaches import BREACHES, Breach
from tests.policy.stacks import seen


def told(stack: Stack) -> list[str]:
    return [str(violation) for violation in violations(stack, {})]


def test_a_committed_stack_keeps_every_rule(build: Build) -> None:
    assert told(seen(build)) == []


def test_what_config_can_turn_on_keeps_every_rule(full: Build) -> None:
    assert told(seen(full)) == []


def test_a_first_up_without_the_site_keeps_every_rule(engine: Engine) -> None:
    assert told(seen(engine.build("production", deploySite=False, image=""))) == []


@pytest.mark.parametrize(("id", "breach"), [(id, breach) for id, breaches in BREACHES.items() for breach in breaches])
def test_a_rule_finds_what_breaks_it_and_nothing_else_does(id: str, breach: Breach, production: Build) -> None:
    found = list(violations(breach(seen(production)), {}))
    assert {violation.id for violation in found} == {id}
    assert all(violation.message and violation.mend == BY_ID[id].mend and not violation.allowed for violation in found)


def test_every_rule_over_resources_has_something_that_breaks_it() -> None:
    assert BREACHES.keys() == BY_ID.keys() - {rule.id for rule in OF_CHANGES}


def test_ids_are_unique_and_of_one_form() -> None:
    assert len(BY_ID) == len(RULES)
    assert all(re.fullmatch(r"SITE-[A-Z]+-\d", id) for id in BY_ID)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_why_and_how_to_mend_it(rule: object) -> None:
    assert all(len(getattr(rule, part)) > 10 for part in ("title", "reason", "mend"))


def test_what_the_config_allows_is_told_with_its_reason(production: Build) -> None:
    broken = BREACHES["SITE-SSH-1"][0](seen(production))
    assert [violation.allowed for violation in violations(broken, {"SITE-SSH-1": "no fixed address"})] == ["no fixed address"]


def test_nothing_is_said_of_what_is_not_known_yet(production: Build) -> None:
    stack = seen(production)
    unknown = replace(
        stack,
        resources=tuple(
            replace(resource, inputs=dict.fromkeys(resource.inputs, UNKNOWN), outputs=dict.fromkeys(resource.outputs, UNKNOWN))
            for resource in stack.resources
        ),
        exports=dict.fromkeys(stack.exports, UNKNOWN),
    )
    assert told(unknown) == []


def test_staging_can_be_thrown_away(staging: Build) -> None:
    stack = seen(staging)
    assert not any(resource.protect for resource in stack.resources)
    assert told(stack) == []


def test_ssh_within_an_open_range_is_found(production: Build) -> None:
    rule = {"protocol": "tcp", "portRange": "all", "sourceAddresses": ["::/0"]}
    stack = seen(production)
    firewall = next(stack.of("digitalocean:Firewall"))
    opened = replace(firewall, inputs={**firewall.inputs, "inboundRules": [rule]})
    found = violations(replace(stack, resources=(opened,)), {})
    assert {violation.id for violation in found} == {"SITE-SSH-1", "SITE-NET-1"}
