"""The rules as Pulumi's policy SDK takes them. What the stack's config allows is advice; anything else stops the run.

A pack is told the config of the stack by its environment (https://www.pulumi.com/docs/iac/crossguard/configuration/).
"""

import json
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.config import get_config_env
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from infra.problems import SECRETS
from policy.config_value import parsed
from policy.resource import STACK, UNKNOWN, Resource, Stack, texts
from policy.rule import OfResource, OfStack, Rule
from policy.rules import RULES


def pack() -> None:
    """Serve all rules to the engine until it ends."""
    config = get_config_env()
    allowed = json.loads(config.get("site:allowedViolations", "{}"))
    secrets = frozenset(text for key, value in config.items() if _secret(key) for text in texts(parsed(value)))
    PolicyPack(name="site", enforcement_level=EnforcementLevel.MANDATORY, policies=[*_policies(allowed, secrets)])


def _policies(allowed: Mapping[str, str], secrets: frozenset[str]) -> list[Policy]:
    found: list[Policy] = []
    for rule in RULES:
        level = EnforcementLevel.ADVISORY if rule.id in allowed else EnforcementLevel.MANDATORY
        if rule.resource:
            found.append(
                ResourceValidationPolicy(
                    name=rule.id, description=_described(rule), enforcement_level=level, validate=_of_resource(rule.resource)
                )
            )
        if rule.stack:
            found.append(
                StackValidationPolicy(
                    name=rule.id, description=_described(rule), enforcement_level=level, validate=_of_stack(rule.stack, secrets)
                )
            )
    return found


def _described(rule: Rule) -> str:
    return f"{rule.title}. {rule.reason} To mend it: {rule.mend}"


def _of_resource(check: OfResource) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        inputs = _plain(args.props)
        resource = Resource(
            urn=args.urn, type=args.resource_type, parent=args.opts.parent or "", inputs=inputs, protect=bool(args.opts.protect)
        )
        for said in check(resource):
            report(said, None)

    return validate


def _of_stack(check: OfStack, secrets: frozenset[str]) -> Any:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        found = [_made(resource) for resource in args.resources]
        exports = next((resource.outputs for resource in found if resource.type == STACK), {})
        stack = Stack(resources=tuple(found), exports=exports, secrets=secrets)
        for urn, said in check(stack):
            report(said, urn or None)

    return validate


def _made(resource: PolicyResource) -> Resource:
    """As the engine knows it at the end: inputs are not told any more, and outputs repeat them."""
    outputs = _plain(resource.props)
    return Resource(urn=resource.urn, type=resource.resource_type, inputs=outputs, outputs=outputs, protect=bool(resource.opts.protect))


def _plain(value: Any) -> Any:
    """Without the SDK's guard, which raises at what is not known yet; numbers without a fraction are `int`."""
    if isinstance(value, Mapping):
        return {name: _plain(_known(value, name)) for name in value}
    if hasattr(value, "__getitem__") and not isinstance(value, str):
        return [_plain(_known(value, place)) for place in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _known(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except UnknownValueError:
        return UNKNOWN


def _secret(key: str) -> bool:
    """Whether a key of the config holds a secret: a pack is told all values in clear, and not which are secret ones (RunPlugin in
    pulumi-language-python's main.go)."""
    namespace, _, name = key.partition(":")
    return (name if namespace == "site" else f"{namespace}Token") in SECRETS
