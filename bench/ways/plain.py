"""What the other ways have in common: the sample over plain HTTP on 127.0.0.1, which is in their favour, with its own backing."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from bench.ways.backing import Backing
from bench.ways.ports import ADDRESS, free_port, wait_for


class Plain(ABC):
    """See `Way`. A way says how its site is started and released."""

    name: str
    url: str
    ca_file = None
    host = ""

    def __init__(self, image: str) -> None:
        """`image` is what the site serves first, as REPOSITORY:TAG of this machine."""
        self._first = image

    def __enter__(self) -> Self:
        self._check()
        with ExitStack() as stack:
            self._backing = stack.enter_context(Backing())
            first = self.offer(self._first)
            self._backing.migrate(first)
            port = free_port()
            self.url = f"http://{ADDRESS}:{port}"
            self._start(first, port)
            wait_for(self.url)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def offer(self, image: str) -> str:
        """See `Way.offer`."""
        return self._backing.offer(image)

    @abstractmethod
    def release(self, image: str) -> None:
        """See `Way.release`."""

    def _check(self) -> None:  # noqa: B027 - most ways need nothing more
        """Raises MissingError."""

    @abstractmethod
    def _start(self, image: str, port: int) -> None:
        """Serve the image on that port of 127.0.0.1."""
