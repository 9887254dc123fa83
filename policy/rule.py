"""A rule: what must hold, why, how to mend it, and what finds where it does not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from policy.resource import Resource, Stack

OfResource: TypeAlias = Callable[[Resource], Iterable[str]]
"""Says what is wrong with a resource: a sentence for each fault."""
OfStack: TypeAlias = Callable[[Stack], Iterable[tuple[str, str]]]
"""The same for what only all of a stack tells: the URN at fault (empty for the stack's own), and the sentence."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`id` is what config and people call it; `same` are the ids of checkov, trivy, docker-bench and CIS that ask for the same."""

    id: str
    title: str
    reason: str
    mend: str
    same: tuple[str, ...] = ()
    resource: OfResource | None = None
    """Asked of every resource, before anything is done to it."""
    stack: OfStack | None = None
    """Asked once, of what the stack will be."""
