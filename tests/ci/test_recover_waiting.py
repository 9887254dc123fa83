"""`recover`, where a host or something that is still being made is in the way: what it waits for, and what it takes away."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.cloud.world import Addresses, NullWorld
from tests.ci.stage import DROPLET, NETWORK, SERVICE, VOLUME, Stage, droplet, pending

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Clock:
    """In place of `time`: who sleeps lets something happen instead."""

    happens: Callable[[], object]
    monotonic = staticmethod(time.monotonic)

    def sleep(self, _seconds: float) -> None:
        self.happens()


@pytest.fixture
def booted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """New droplets boot until this is set."""
    event = threading.Event()

    def create(*about: Any, **order: Any) -> Addresses:
        assert event.wait(10)
        return NullWorld().create_droplet(*about, **order)

    monkeypatch.setattr(stage.site.world, "create_droplet", create)
    return event


def test_a_droplet_that_still_boots_is_waited_for(stage: Stage, booted: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    id = stage.new_droplet(booted=False)
    stage.holds(pending=[pending(DROPLET, "servers", {"name": "site-staging"})])
    monkeypatch.setattr("ci.recovery.time", Clock(booted.set))
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert booted.is_set()
    assert f"Droplet site-staging is there ({id})" in ran.out
    assert [found["id"] for found in stage.state.of(DROPLET)] == [id]


def test_a_droplet_that_does_not_get_ready_is_named_and_its_creation_stays_pending(
    stage: Stage, booted: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = stage.new_droplet(booted=False)
    stage.holds(pending=[pending(DROPLET, "servers", {"name": "site-staging"})])
    monkeypatch.setattr("ci.recovery.READY_LIMIT", -1)
    ran = stage.recover()
    booted.set()
    assert ran.code == 1
    assert f"Droplet {id} is not ready after -1 s" in ran.err
    assert len(stage.state.pending) == 1


def test_an_object_of_docker_is_removed_from_the_host(stage: Stage) -> None:
    id = stage.new_droplet()
    stage.holds(*droplet(id), pending=[pending(SERVICE, "web", {"name": "web"}), pending(NETWORK, "servers", {"name": "site"})])
    stage.answer(host={"docker service rm web": "web\n", "docker network rm": "Error response from daemon: network site not found\n"})
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert "✓ Service web: removed from the host, to be made anew\n" in ran.out
    assert "✓ Network servers: had not come into being\n" in ran.out


def test_a_volume_stays_on_the_host(stage: Stage) -> None:
    id = stage.new_droplet()
    stage.holds(*droplet(id), pending=[pending(VOLUME, "media", {"name": "media"})])
    assert "✓ Volume media: is made anew\n" in stage.recover().out
    assert not [script for [script] in stage.calls("ssh") if "volume" in script]


@pytest.mark.parametrize("there_is_a_droplet", [True, False])
def test_without_a_host_that_answers_docker_has_nothing_to_mend(stage: Stage, there_is_a_droplet: bool) -> None:
    stage.holds(*(droplet(stage.new_droplet()) if there_is_a_droplet else []), pending=[pending(SERVICE, "web", {"name": "web"})])
    stage.answer(host=None)
    ran = stage.recover()
    assert (ran.code, ran.out) == (0, "✓ Service web: is made anew\n")


def test_a_release_command_that_still_runs_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.holds(*droplet(stage.new_droplet()))
    stage.answer(host={"docker ps --format": "release-staging\n"})
    monkeypatch.setattr("ci.leftovers.time", Clock(lambda: stage.answer(host={})))
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert "release-staging of the killed run is still at work on the host" in ran.out


def test_a_release_command_that_does_not_end_is_named_with_the_commands(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.holds(*droplet(stage.new_droplet()))
    stage.answer(host={"docker ps --format": "release-staging\n"})
    monkeypatch.setattr("ci.leftovers.LIMIT", -1)
    ran = stage.recover()
    assert ran.code == 1
    assert "`docker logs release-staging`" in ran.err
    assert "`docker stop release-staging`" in ran.err
