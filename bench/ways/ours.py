"""This program's way: `python -m ci up --image`, on a rehearsed staging stack with TLS, Postgres, workers and all."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from rich.console import Console

from bench.ways.way import WayError
from rehearsal import release, sample
from rehearsal.cloud.world import WorldError
from rehearsal.conductor.errors import ConductorError
from rehearsal.down import down
from rehearsal.home import Home
from rehearsal.stack import Stack
from rehearsal.up import up

STACK = "staging"
OVERLAY = Path(__file__).parents[1] / "release.yaml"


class Ours:
    """A stack that is up already, made with `make up CONFIG=bench/release.yaml`, is taken as it is, and left."""

    name = "ours"
    host = ""

    def __init__(self, image: str) -> None:
        self._image, self._home = image, Home()
        self._stack = Stack(STACK, self._home)
        self._made = False

    @property
    def url(self) -> str:
        return self._stack.url

    @property
    def ca_file(self) -> Path:
        return self._home.certificate(STACK)

    def __enter__(self) -> "Ours":
        if STACK not in self._home.stacks():
            self._made = True
            try:
                up(STACK, home=self._home, console=Console(quiet=True), image=self._image, overlay=OVERLAY, engine=None, faults=[])
            except (WorldError, ConductorError) as error:
                raise WayError(f"{self.name}: {error}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._made:
            down([STACK], home=self._home, console=Console(quiet=True))

    def offer(self, image: str) -> str:
        pushed = sample.push(image, home=self._home, repository=self._repository)
        return pushed.partition("@")[2]

    def release(self, image: str) -> None:
        said = io.StringIO()

        def run() -> int:
            return release.run(self._stack, console=Console(file=said), image=f"{self._repository}@{image}", overlay=OVERLAY)

        try:
            # A pipeline has a machine of its own: here the engine stands back behind the site. On Linux a thread has its own niceness
            # (setpriority(2)), and what it starts has the same.
            with ThreadPoolExecutor(1, initializer=os.nice, initargs=(10,)) as pipeline:
                code = pipeline.submit(run).result()
        except WorldError as error:
            raise WayError(f"{self.name}: {error}") from None
        if code:
            raise WayError(f"{self.name}: the release failed: {said.getvalue()[-500:]}")

    @property
    def _repository(self) -> str:
        return str(self._stack.exports["image"]).partition("@")[0]


class AtRest(Ours):
    """The same without any release: what the others are to be compared with."""

    name = "ours, at rest"

    def offer(self, image: str) -> str:  # noqa: ARG002 - nothing is released
        return str(self._stack.exports["image"]).partition("@")[2]

    def release(self, image: str) -> None:
        """Nothing."""


class WithIdle(Ours):
    """With connections that visitors keep open without using them."""

    name = "ours, 500 idle connections"
