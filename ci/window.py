"""Window: the time of day in which something may be done."""

import re
from datetime import time

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class WindowError(Exception):
    """It is none; `str()` shows one."""


def is_open(window: str, now: time) -> bool:
    """Whether it is within `HH:MM-HH:MM`, which may go over midnight; always within an empty one. Raises WindowError."""
    if not window:
        return True
    if not (found := _WINDOW.fullmatch(window)):
        raise WindowError(f"--window is {window!r}: two times of day in UTC, like 02:00-04:00")
    from_hour, from_minute, to_hour, to_minute = (int(number) for number in found.groups())
    begin, end = time(from_hour, from_minute), time(to_hour, to_minute)
    return begin <= now < end if begin < end else now >= begin or now < end
