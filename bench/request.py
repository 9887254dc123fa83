"""A request of the load, and what its answer must be."""

import contextlib
import json
from dataclasses import dataclass

SLOW_S = 2


class LostError(Exception):
    """Not the answer that it should be; the message is the kind."""


@dataclass(frozen=True)
class Request:
    """A GET, or the POST of a body."""

    path: str
    body: bytes | None = None
    expected: dict[str, int] | None = None
    """What the answer must be as JSON, if that is known."""

    def check(self, body: bytes) -> None:
        """Raises LostError for an answer that is not the expected one."""
        with contextlib.suppress(ValueError):
            if self.expected is None or json.loads(body) == self.expected:
                return
        raise LostError("wrong body")


HOME = Request("/")
SLOW = Request(f"/slow?s={SLOW_S}", expected={"slept": SLOW_S})
