"""Whether a merge request may do what it does without somebody's word: the stack's `site:allowedEffect`, and labels that accept more."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from ci.preview.effects import Effect


@dataclass(frozen=True, kw_only=True)
class Gate:
    """`effect` is the gravest of all changes, `allowed` what needs no word, `labels` those of the merge request.

    `allowed` has to be what main says, not the merge request: it could allow itself. A label is no such way out: GitLab shows in the merge
    request who has added it, and when. All this is against mistakes, not against people: a merge request can also change its own pipeline.
    """

    stack: str
    effect: Effect
    allowed: Effect
    labels: Collection[str] = ()

    @classmethod
    def of_pipeline(cls, stack: str, effect: Effect, allowed: str) -> Self:
        """With the labels that the merge request had when its pipeline was created (CI_MERGE_REQUEST_LABELS).

        https://docs.gitlab.com/ci/variables/predefined_variables/
        """
        labels = [label.strip() for label in os.environ.get("CI_MERGE_REQUEST_LABELS", "").split(",")]
        return cls(stack=stack, effect=effect, allowed=Effect[allowed.upper()], labels=labels)

    @property
    def label(self) -> str:
        """The label that accepts the effect, for this stack alone: `accept-downtime-production`."""
        return f"accept-{self.effect.word}-{self.stack}"

    @property
    def accepted(self) -> str:
        """The label that the merge request has for it, of this effect or a graver one; empty where there is none."""
        graver = [f"accept-{effect.word}-{self.stack}" for effect in Effect if effect >= self.effect]
        return next((label for label in graver if label in self.labels), "")

    @property
    def above(self) -> bool:
        """Whether it is more than is allowed."""
        return self.effect > self.allowed

    @property
    def shut(self) -> bool:
        """Whether a person has to decide first."""
        return self.above and not self.accepted

    def __str__(self) -> str:
        if not self.above:
            return f"at most {self.effect.word}, which is allowed (site:allowedEffect of main: {self.allowed.word})"
        if self.accepted:
            return f"{self.effect.word}, accepted by the label {self.accepted}"
        return (
            f"{self.effect.word} is more than site:allowedEffect of main allows ({self.allowed.word}): add the label {self.label} to the"
            " merge request and run a new pipeline (labels are read when it is created)"
        )
