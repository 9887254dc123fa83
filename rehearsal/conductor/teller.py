"""How the child process of a run talks to its parent: one JSON object a line."""

import io
import json
import logging
import threading
from dataclasses import asdict
from typing import Any, TextIO

from ci.events import Event
from ci.mask import Mask


class Teller(io.TextIOBase):
    """Sends events and results, from several threads. Itself a stream: what the program prints becomes an event."""

    def __init__(self, stream: TextIO, mask: Mask, stopping: threading.Event) -> None:
        """`stopping` is set when the parent is gone, so that nobody's run goes on for ever."""
        self._stream = stream
        self._mask = mask
        self._stopping = stopping
        self._lock = threading.Lock()

    def send(self, kind: str, content: Any) -> None:
        with self._lock:
            try:
                self._stream.write(json.dumps({kind: content}, default=str) + "\n")
                self._stream.flush()
            except BrokenPipeError:
                self._stopping.set()

    def report(self, event: Event) -> None:
        self.send("event", asdict(event))

    def write(self, text: str) -> int:
        if text.strip():
            self.report(Event(kind="said", message=self._mask(text.rstrip("\n"))))
        return len(text)


class Log(logging.Handler):
    """What the program logs with `pulumi.info` and its like."""

    def __init__(self, teller: Teller) -> None:
        super().__init__(logging.INFO)
        self._teller = teller

    def emit(self, record: logging.LogRecord) -> None:
        self._teller.write(f"{record.levelname.lower()}: {record.getMessage()}")
