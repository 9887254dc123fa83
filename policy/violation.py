"""A violation: a rule, the resource at which it does not hold, and whether the stack's config allows that."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Violation:
    """`allowed` is the reason that the config gives (`site:allowedViolations`), or empty: then nothing is brought out."""

    id: str
    urn: str
    message: str
    mend: str
    allowed: str = ""

    @property
    def resource(self) -> str:
        """What people call it: `digitalocean Firewall network`; empty for the stack's own."""
        type = self.urn.split("::")[2].rpartition("$")[2] if self.urn.count("::") >= 3 else ""
        return f"{type.partition(':')[0]} {type.rpartition(':')[2]} {self.urn.rpartition('::')[2]}" if type else ""

    def told(self) -> dict[str, Any]:
        """For scripts."""
        return {"id": self.id, "urn": self.urn, "message": self.message, "mend": self.mend, "allowed": self.allowed}

    def __str__(self) -> str:
        return f"{self.id} {self.resource}: {self.message}"


def refused(violations: Iterable[Violation]) -> list[Violation]:
    """Those that nobody has allowed."""
    return [violation for violation in violations if not violation.allowed]


def explain(violations: Iterable[Violation]) -> str:
    """What to tell of violations that stop a run: by rule, with how to mend it, and how to allow it."""
    found: dict[str, list[Violation]] = {}
    for violation in violations:
        found.setdefault(violation.id, []).append(violation)
    lines = ["this is against the policy (policy/README.md), and nothing was changed:"]
    for id, broken in found.items():
        lines += [f"  {violation}" for violation in broken]
        lines += [
            f"    {broken[0].mend}",
            f"    where it is meant: pulumi config set --path site:allowedViolations.{id} 'why this stack may'",
        ]
    return "\n".join(lines)
