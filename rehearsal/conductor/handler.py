"""What makes one type of resource real."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from rehearsal.conductor.connections import Connections
from rehearsal.conductor.errors import START_AGAIN, ConductorError, Refused
from rehearsal.conductor.properties import Properties, changed

POLL = 0.5
"""Seconds between two looks at something that takes its time."""


class Made(NamedTuple):
    """The physical id, and the outputs that are not inputs."""

    id: str
    outputs: Properties


class Existing(NamedTuple):
    """What is there: its id, the inputs it was made with, and its outputs."""

    id: str
    inputs: Properties
    outputs: Properties


class Handler(ABC):
    """Base class of all handlers: one instance serves one call. Properties have their wire names and no unknown values."""

    type: ClassVar[str]
    accepts: ClassVar[frozenset[str]]
    """Input properties that it understands; any other is refused."""
    replaces: ClassVar[frozenset[str]] = frozenset()
    """Inputs that can't change in place."""
    replaceable: ClassVar[bool] = False
    """Whether a second one can be made beside the first, so that it can be replaced."""
    auto_named: ClassVar[bool] = False
    """Whether an absent `name` is chosen: the logical name and seven hexadecimal digits, as the Pulumi CLI does."""
    gives: ClassVar[frozenset[str]] = frozenset()
    """Outputs that it always gives, the ones that an update may change among `fresh`."""
    fresh: ClassVar[frozenset[str]] = frozenset()
    """Outputs that an update may change: a preview does not know them."""

    def __init__(self, connections: Connections, provider: Properties) -> None:
        """`provider`: the inputs of the explicit provider, `{}` for a default one."""
        self.connections = connections
        self.provider = provider

    @classmethod
    def replacing(cls, old: Properties, new: Properties) -> list[str]:
        """What of a change needs a new one: property names, or paths into them."""
        return [name for name in changed(old, new) if name in cls.replaces]

    @abstractmethod
    def create(self, inputs: Properties) -> Made:
        """Make it. Raises ConductorError where that fails."""

    def update(self, old: Existing, new: Properties) -> Properties:
        """Change it in place; its outputs come back."""
        raise Refused(f"a change of {', '.join(changed(old.inputs, new))} is not made in place: {START_AGAIN}")

    def delete(self, old: Existing) -> None:  # noqa: B027 - what is only recorded has nothing to delete
        """Delete it; that it is gone already is no error."""

    def find(self, inputs: Properties) -> Made | None:  # noqa: ARG002 - most types look nothing up
        """What a killed run has made of these inputs; None where nothing is, or nothing of it can be known."""
        return None

    def read(self, id: str) -> Existing | None:
        """What is there under this id, None where nothing is. Inputs hold None for what is empty, and no name of what is not told."""
        raise Refused(f"{self.type} {id} is not read back: only GitLab's types are")


def wait_until(condition: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Look until the condition holds; raises ConductorError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise ConductorError(f"waited {seconds:.0f} s for {what}")
        time.sleep(POLL)
