"""What a run tells while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Event:
    """`started`, `finished` and `failed` tell of one operation (`op`: find, create, update, replace, delete); `said` is a message."""

    kind: Literal["started", "finished", "failed", "said"]
    op: str = ""
    type: str = ""
    name: str = ""
    urn: str = ""
    seconds: float = 0.0
    message: str = ""


Tell = Callable[[Event], None]
