"""Outage: how long visitors got no good answer while something was done to the site."""

import time

from ci.front_door import DoorError, FrontDoor

STEADY = 3
"""Seconds for which every answer has to be good."""


class Outage:
    """How long the site gave no good answer, asked now and again."""

    def __init__(self, door: FrontDoor | None) -> None:
        self.seconds = 0.0
        self._door = door
        self._last_good = self._good_since = time.monotonic()
        self._is_out = False

    def look(self) -> str:
        """Ask once; gives what is wrong with the answer."""
        try:
            if self._door:
                self._door.ask()
        except DoorError as error:
            self._is_out = True
            return str(error)
        now = time.monotonic()
        if self._is_out:
            self.seconds += now - self._last_good
            self._is_out, self._good_since = False, now
        self._last_good = now
        return ""

    @property
    def steady(self) -> bool:
        """Whether the last answers were all good, for STEADY seconds."""
        return not self._is_out and self._last_good - self._good_since >= (STEADY if self._door else 0)
