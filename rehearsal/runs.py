"""Runs of the program that nobody waits for any more: what a killed `up` left behind goes on making things until it is ended."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from rehearsal.agent import Agent
from rehearsal.cloud.world import WorldError
from rehearsal.home import Home

_CONDUCTOR = b"rehearsal.conductor.process"


def _is_run(words: list[bytes]) -> bool:
    """Whether this is what an `up` waits for: the conductor, or the Pulumi CLI."""
    return _CONDUCTOR in words or (bool(words) and words[0].rpartition(b"/")[2] == b"pulumi")


def end_orphans(home: Home) -> None:
    """End them, with every ssh that they started. Raises WorldError where a run's `up` is alive: that one is a person's to stop."""
    found = dict(_of(home))
    for pid, words in found.items():
        if _is_run(words) and b"rehearsal" in _words(_parent(pid)):
            raise WorldError(f"a run is under way (process {_parent(pid)}); stop it with Ctrl-C first, then run this again")
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_words(pid) for pid in found) and time.monotonic() < deadline:
        time.sleep(0.05)


def _of(home: Home) -> Iterator[tuple[int, list[bytes]]]:
    """All processes that were given this rehearsal's ssh-agent: nothing else knows it."""
    mark = b"SSH_AUTH_SOCK=" + os.fsencode(Agent(home).socket)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0") and int(folder.name) != os.getpid():
                yield int(folder.name), _words(int(folder.name))


def _words(pid: int) -> list[bytes]:
    """The command line of a process; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return []


def _parent(pid: int) -> int:
    """The number of its parent: what follows the closing parenthesis of its name and its state (proc(5))."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
