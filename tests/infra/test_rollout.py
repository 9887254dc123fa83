"""rollout.py: a service is waited for until it runs as it was last told to, played with an engine that only pretends."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import rollout
from tests.conductor.engine_stand_in import FakeEngine, engine_standing_in
from tests.infra.values import CHECKOUT

TEXT = (CHECKOUT / "infra" / "rollout.py").read_text()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    """With a service of two replicas."""
    with engine_standing_in(tmp_path) as engine:
        engine.spec = {"TaskTemplate": {"ContainerSpec": {"Image": "new"}}, "Mode": {"Replicated": {"Replicas": 2}}}
        yield engine


def waited(engine: FakeEngine, *script: dict[str, Any], limit: float = 10) -> int:
    """Wait while the engine goes through these steps, one a look; gives the exit code."""
    engine.script = [{}, *script]
    return rollout.main(["web", str(limit)], path=str(engine.path), pause=0.001)


def test_a_new_service_is_there_when_all_its_tasks_run(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[dict[str, Any]] = [
        {},
        {"tasks": ["starting", "starting"]},
        {"tasks": ["running", "starting"]},
        {"tasks": ["running", "running"]},
    ]
    assert waited(engine, *steps) == 0
    assert len(engine.script) == 1, "not before"
    assert capsys.readouterr() == ("", "")


def test_an_update_is_done_when_the_new_tasks_run_and_are_not_watched_any_more(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[dict[str, Any]] = [
        {"tasks": ["old", "old"]},
        {"tasks": ["old", "old", "starting", "starting"], "update": "updating"},
        {"tasks": ["old", "running", "running"], "update": "updating"},
        {"tasks": ["running", "running"], "update": "updating"},
        {"tasks": ["running", "running"], "update": "updating"},
        {"tasks": ["running", "running"], "update": "completed"},
    ]
    assert waited(engine, *steps) == 0
    assert len(engine.script) == 1
    assert capsys.readouterr().err == "web: 2 of 2 run, and are watched for some seconds more\n", "said once"


def test_what_needed_no_new_task_is_there_at_once(engine: FakeEngine) -> None:
    """A label, or fewer replicas: the swarm says nothing of such an update."""
    assert waited(engine, {"tasks": ["running", "running"]}, {"tasks": []}) == 0
    assert len(engine.script) == 2


def test_a_task_that_shall_end_is_not_waited_for(engine: FakeEngine) -> None:
    assert waited(engine, {"tasks": ["failed", "running", "running"], "update": "completed"}) == 0


@pytest.mark.parametrize("state", ["rollback_completed", "rollback_paused", "paused"])
def test_an_update_that_the_swarm_did_not_keep_fails_with_the_reason(
    engine: FakeEngine, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = {"tasks": ["old", "failed"]}
    steps: list[dict[str, Any]] = [failing | {"update": "updating"}, failing | {"update": "rollback_started"}]
    assert waited(engine, *steps, {"tasks": ["old", "failed"], "update": state}) == 1
    told = capsys.readouterr().err
    assert told.startswith("web: the swarm did not keep the update (as told); the last of 1 that failed: exit code 3")
    assert "pulumi refresh" in told


def test_a_service_that_never_runs_fails_at_the_limit(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert waited(engine, {"tasks": ["failed", "running", "starting"]}, limit=0.05) == 1
    assert capsys.readouterr().err == "web: after 0 s 1 of 2 run; the last of 1 that failed: exit code 3\n"


def test_an_engine_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rollout.main(["web", "10"], path=str(tmp_path / "no.sock")) == 1
    assert capsys.readouterr().err.startswith("web: the Docker engine does not answer: ")


def test_it_runs_from_stdin_with_nothing_but_python() -> None:
    """No engine here has this service."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-", "no-such", "0"], input=TEXT, capture_output=True, text=True, check=False, cwd="/"
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("no-such: the Docker engine ")
