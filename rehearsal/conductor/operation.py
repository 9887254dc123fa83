"""One effect, told, timed, and named when it fails."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ci.events import Event, Tell
from ci.mask import Mask
from rehearsal.conductor.errors import ConductorError, Refused, Stopped, Unreachable


class Operations:
    """Runs the effects of a run. Once `stopping` is set, or one has failed, no new one begins."""

    def __init__(self, tell: Tell, mask: Mask, stopping: threading.Event) -> None:
        self._tell = tell
        self._stopping = stopping
        self.mask = mask
        self.failure: ConductorError | None = None
        """The first error: later ones are often its consequences."""

    def check(self) -> None:
        """Raises Stopped where nothing new shall begin."""
        if self._stopping.is_set():
            raise Stopped("stopped: what ran is finished, nothing is lost; `make up` goes on from here")

    def fail(self, error: ConductorError) -> None:
        """Let the run end with this error."""
        self.failure = self.failure or error
        self._stopping.set()

    def say(self, urn: str, text: str) -> None:
        """Tell what an effect printed, without secrets."""
        if text:
            self._tell(Event(kind="said", urn=urn, message=self.mask(text)))

    @contextmanager
    def run(self, op: str, type: str, name: str, urn: str) -> Iterator[None]:
        """Wrap one effect. Raises ConductorError that names the resource and holds no secret, whatever went wrong inside."""
        self.check()
        begun = time.monotonic()
        self._tell(Event(kind="started", op=op, type=type, name=name, urn=urn))
        try:
            yield
        except Exception as error:
            text = str(error) if isinstance(error, ConductorError) else f"{error.__class__.__name__}: {error}"
            message = self.mask(f"{type} {name}: {op} failed: {text}")
            seconds = time.monotonic() - begun
            self._tell(Event(kind="failed", op=op, type=type, name=name, urn=urn, seconds=seconds, message=message))
            kind = next((kind for kind in (Refused, Unreachable) if isinstance(error, kind)), ConductorError)
            # Without its cause: a library's error may hold the request, and with it secrets.
            raise kind(message) from None
        self._tell(Event(kind="finished", op=op, type=type, name=name, urn=urn, seconds=time.monotonic() - begun))
