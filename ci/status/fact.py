"""One thing that is known of a stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

State = Literal["ok", "warn", "bad", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """`name` of `topic` is `value`, in words for people; `data` is the same for scripts (counts, bytes, UTC times).

    `hint` is the command that mends it, or what to do, where there is something to do: `warn` soon, `bad` now. What could not be asked is
    `unknown`, and its value says why.
    """

    topic: str
    name: str
    value: str
    state: State = "ok"
    hint: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def moment(time: datetime) -> str:
    """A UTC time for people, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M UTC")


def lasted(time: timedelta) -> str:
    """A duration in its largest unit: `3 days`, `1 hour`, `20 minutes`."""
    minutes = max(0, int(time.total_seconds() // 60))
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            return f"{minutes // size} {unit}{'' if minutes // size == 1 else 's'}"
    return "less than a minute"


def gibibytes(size: float) -> str:
    """Bytes for people, like `9.8 GiB`."""
    return f"{size / 2**30:.1f} GiB"
