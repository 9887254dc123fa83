"""One run of a stack at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.conductor.errors import ConductorError


@contextmanager
def hold(path: Path, holder: str) -> Iterator[None]:
    """Hold the lock file. The kernel lets go of it when the process ends, however it ends.

    Raises ConductorError at once where another run holds it, with that run's `holder`.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            other = file.read() or "another run"
            raise ConductorError(f"{other} holds {path}: wait for its end, or end it, then run this again") from None
        file.truncate(0)
        file.write(holder)
        file.flush()
        yield
        file.truncate(0)
