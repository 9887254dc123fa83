"""Entry point: one stack of a program, and what can be done with it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import rehearsal
from ci.events import Event, Tell
from rehearsal.conductor.connections import Endpoints
from rehearsal.conductor.errors import ConductorError, Refused, Stopped
from rehearsal.conductor.outcome import Outcome


def _silence(_event: Event) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A stack of a program. Each call is one child process, so that program and SDK start afresh."""

    stack: str
    project: str
    program_dir: Path
    """Where `__main__.py` is; also the working directory of the program and of its commands."""
    config: dict[str, str]
    """Whole keys (`site:domain`) and their values; lists and objects as JSON."""
    secret_keys: list[str]
    """The keys of `config` that are secret."""
    ledger_path: Path
    """A `.json` file; its lock is beside it."""
    endpoints: Endpoints
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The whole environment of the program; PULUMI_* is left out."""

    def up(self, on_event: Tell = _silence) -> Outcome:
        """Make what the program declares. Raises ConductorError, Stopped after Ctrl-C; then the next `up` goes on."""
        return self._run("up", on_event)

    def preview(self, on_event: Tell = _silence, *, refresh: bool = False) -> Outcome:
        """What `up` would do: no lock, no network, no effect."""
        if refresh:
            self.refresh(on_event)
        return self._run("preview", on_event)

    def refresh(self, _on_event: Tell = _silence) -> Outcome:
        """Refused: the conductor never looks at what is really there."""
        raise Refused("only the Pulumi CLI refreshes: install it, then make down and make up ENGINE=pulumi")

    def down(self, on_event: Tell = _silence) -> Outcome:
        """Delete all that the ledger knows. Raises ConductorError when something could not be deleted; it stays in the ledger."""
        return self._run("down", on_event)

    def _run(self, mode: str, on_event: Tell) -> Outcome:
        self.ledger_path.parent.mkdir(parents=True, exist_ok=True)
        environment = {key: value for key, value in self.env.items() if not key.startswith("PULUMI_")}
        package = Path(rehearsal.__file__).parents[1]
        request = {key: value for key, value in asdict(self).items() if key != "env"} | {"mode": mode}
        # A session of its own: Ctrl-C reaches this process, which asks the child to stop; an ssh that runs is not torn down by it.
        child = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.conductor.process"],
            cwd=self.program_dir,
            env=environment | {"PYTHONPATH": str(package)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with child, _forwarding(child):
            assert child.stdin is not None  # noqa: S101 - for the type checker
            assert child.stdout is not None  # noqa: S101 - for the type checker
            json.dump(request, child.stdin, default=str)
            child.stdin.close()
            answer: dict[str, Any] = {}
            for line in child.stdout:
                answer = json.loads(line)
                if "event" in answer:
                    on_event(Event(**answer["event"]))
        return _read(answer, child.returncode)


def _read(answer: dict[str, Any], code: int) -> Outcome:
    if "outcome" in answer:
        return Outcome.read(answer["outcome"])
    if "error" in answer:
        raise (Stopped if answer["error"]["stopped"] else ConductorError)(answer["error"]["message"])
    raise ConductorError(f"the run ended in the middle (exit code {code}); the ledger is whole, run it again")


@contextmanager
def _forwarding(child: subprocess.Popen[str]) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the child to stop after what runs; a second one kills it. Python sets signals in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def forward(_number: int, _frame: object) -> None:
        nonlocal asked
        child.send_signal(signal.SIGKILL if asked else signal.SIGINT)
        asked = True

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
