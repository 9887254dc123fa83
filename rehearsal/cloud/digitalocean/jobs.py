"""Work that goes on after the answer: boots, deletions, power."""

import logging
from collections.abc import Callable
from threading import Thread

log = logging.getLogger("rehearsal.cloud")


def start(what: str, work: Callable[[], None]) -> None:
    """Do `work` in a thread of its own; an error is logged as the failure of `what`.

    The thread does not outlive the process: whatever was under way is in the store, and `resume` takes it up again.
    """

    def run() -> None:
        try:
            work()
        except Exception:
            log.exception("%s failed", what)

    Thread(target=run, name=what, daemon=True).start()
