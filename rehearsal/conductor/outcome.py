"""What a run has done, or would do."""

from dataclasses import dataclass, field
from typing import Any

from policy.violation import Violation
from rehearsal.conductor.step import Op, Step


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One step a resource, in the order of registration, deletions last."""

    steps: list[Step]
    exports: dict[str, Any]
    """What the program exports; in a preview without what only `up` can know."""
    secret_exports: list[str]
    """Names of the secret ones among them."""
    components: dict[str, str]
    """URN of each component and of its parent."""
    violations: list[Violation] = field(default_factory=list)
    """What a preview found against the policy."""

    @classmethod
    def read(cls, raw: dict[str, Any]) -> "Outcome":
        """From JSON."""
        steps = [Step(**{**step, "op": Op(step["op"]), "properties": tuple(step["properties"])}) for step in raw["steps"]]
        return cls(**{**raw, "steps": steps, "violations": [Violation(**found) for found in raw["violations"]]})

    def count(self, op: Op) -> int:
        return sum(step.op is op for step in self.steps)
