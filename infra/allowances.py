"""Allowances: what a stack may do against the policy, each with its reason in the stack's file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.problems import Problem
from policy.network import SSH, WORLD
from policy.rules import BY_ID

if TYPE_CHECKING:
    from infra.settings import Settings


def problems(settings: Settings) -> Iterator[Problem]:
    """Allowances of no rule, those without a reason, and ssh that is open to the world without one."""
    for id, reason in settings.allowed_violations.items():
        key = f"site:allowedViolations.{id}"
        if id not in BY_ID:
            close = difflib.get_close_matches(id.upper(), BY_ID, n=2)
            mend = f"did you mean {' or '.join(close)}?" if close else f"pulumi config rm --path {key}"
            yield Problem(key, "is no rule of policy/README.md", mend=mend)
        elif not reason.strip():
            yield Problem(key, "needs the reason why this stack may", mend=f"pulumi config set --path {key} 'the reason'")
    if SSH not in settings.allowed_violations and (world := sorted(WORLD & {*settings.ssh_from})):
        yield Problem(
            "site:sshFrom",
            f"opens ssh to the whole world ({SSH}): name the networks that you come from, or say why it has to be",
            got=", ".join(world),
            mend=f"pulumi config set --path site:allowedViolations.{SSH} 'the reason'",
        )
