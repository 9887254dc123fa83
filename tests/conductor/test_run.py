"""A run as a process: who else may run, how it is stopped, killed, and what it never says."""

import os
import signal
import threading
from pathlib import Path

import pytest

from ci.events import Event
from rehearsal.conductor.errors import ConductorError, Stopped
from rehearsal.conductor.ledger import Ledger, State
from tests.conductor.stage import Events, Stage

pytestmark = pytest.mark.integration

SECRET = "correct horse battery staple"
LIMIT = 20


class Paused:
    """Starts an `up` whose first command waits until it is told to go on; entered, that command runs and nothing else."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.gate = stage.folder / "gate"
        os.mkfifo(self.gate)
        self._begun = threading.Event()
        self._seen: set[str] = set()
        self._thread = threading.Thread(target=self._up)
        self.error: ConductorError | None = None

    def _up(self) -> None:
        try:
            self._stage.run(first=f"cat {self.gate}").up(self._watch)
        except ConductorError as error:
            self.error = error

    def _watch(self, event: Event) -> None:
        self._seen.add(f"{event.kind} {event.name}")
        if {"started first", "finished key", "finished password"} <= self._seen:
            self._begun.set()

    @property
    def process(self) -> int:
        """Of the child, as it tells in its lock."""
        return int(self._stage.ledger.with_suffix(".lock").read_text().split("process ")[1].split(",")[0])

    def go_on(self) -> None:
        with self.gate.open("w"):
            pass

    def __enter__(self) -> "Paused":
        self._thread.start()
        assert self._begun.wait(LIMIT)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()


def test_a_second_run_is_told_at_once_who_runs(stage: Stage) -> None:
    with Paused(stage) as running:
        with pytest.raises(ConductorError, match=rf"`up` of staging \(process {running.process}, since .*\) holds .*ledger\.lock"):
            stage.run().up()
        running.go_on()

    assert running.error is None
    stage.run().up()


def test_a_preview_needs_no_lock(stage: Stage) -> None:
    with Paused(stage) as running:
        stage.run().preview()
        running.go_on()


def test_a_stopped_run_finishes_what_runs_and_the_next_goes_on(stage: Stage) -> None:
    with Paused(stage) as running:
        os.kill(running.process, signal.SIGINT)
        running.go_on()

    assert isinstance(running.error, Stopped)
    assert stage.effects() == ["create first"]
    stage.run(first=f"cat {running.gate}").up()
    assert stage.effects() == ["create second after out"]


def test_a_killed_run_leaves_a_ledger_that_knows_what_was_begun(stage: Stage) -> None:
    with Paused(stage) as running:
        os.killpg(running.process, signal.SIGKILL)  # with the command that waits at the gate

    assert "in the middle" in str(running.error)
    assert {entry.name: entry.state for entry in Ledger(stage.ledger).entries}["first"] is State.CREATING
    events = Events()
    running.gate.unlink()
    stage.run().up(events)
    assert "find first" in events.lines
    assert len(Ledger(stage.ledger).entries) == 4


def test_the_ledger_is_for_its_owner_only(stage: Stage) -> None:
    stage.run().up()

    assert stage.ledger.stat().st_mode & 0o777 == 0o600


def test_a_secret_is_in_no_message(tmp_path: Path) -> None:
    stage = Stage(folder=tmp_path, secrets={"stdin": SECRET})
    events = Events()

    with pytest.raises(ConductorError, match=r"exited with 1\nit is \[secret\]") as raised:
        stage.run(first="echo it is $(cat) >&2; false").up(events)

    assert SECRET not in str(raised.value)
    assert SECRET not in repr(events)


def test_the_users_pulumi_environment_stays_outside(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "mine")

    stage.run(first=f'echo "passphrase: $PULUMI_CONFIG_PASSPHRASE" >> {stage.log}').up()

    assert "passphrase: " in stage.effects()
