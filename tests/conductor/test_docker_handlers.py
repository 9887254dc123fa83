"""Services and secrets on an engine behind ssh, as the provider handles them."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.conductor.connections import Connections
from rehearsal.conductor.errors import Unreachable
from rehearsal.conductor.handler import Existing
from rehearsal.conductor.handlers.docker.objects import Secret
from rehearsal.conductor.handlers.docker.services import Service
from tests.conductor.engine_stand_in import FakeEngine, engine_standing_in
from tests.conductor.stage import NOBODY

PROVIDER = {
    "host": "ssh://deploy@203.0.113.7:2222",
    "sshOpts": json.dumps(["-o", "BatchMode=yes"]),
    "registryAuth": json.dumps([{"address": "https://registry.example", "username": "pull", "password": "open sesame"}]),
}
WEB: dict[str, Any] = {
    "name": "web",
    "taskSpec": {"containerSpec": {"image": "registry.example/app@sha256:1"}},
    "mode": {"replicated": {"replicas": 2}},
}
OLD = Existing("web-id", WEB, {})


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("rehearsal.conductor.handler.POLL", 0.01)
    with engine_standing_in(tmp_path) as engine:
        yield engine


@pytest.fixture
def connections(engine: FakeEngine) -> Iterator[Connections]:  # noqa: ARG001 - it is there before, and still there after
    connections = Connections(NOBODY)
    yield connections
    connections.close()


def test_the_engine_is_reached_with_the_ssh_that_docker_itself_runs(engine: FakeEngine, connections: Connections) -> None:
    Service(connections, PROVIDER).create(WEB)

    [arguments] = {*engine.notes.read_text().splitlines()}
    options = ["-l", "deploy", "-p", "2222", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-T", "--", "203.0.113.7"]
    assert arguments.split("\0") == [*options, "docker", "system", "dial-stdio"]


def test_a_host_that_does_not_answer_is_unreachable_in_sshs_words(engine: FakeEngine, connections: Connections) -> None:
    engine.unreachable.touch()

    with pytest.raises(Unreachable, match="No route to host"):
        Service(connections, PROVIDER).create(WEB)


def test_the_credentials_of_the_images_registry_are_sent(engine: FakeEngine, connections: Connections) -> None:
    Service(connections, PROVIDER).create(WEB)

    sent = json.loads(base64.urlsafe_b64decode(engine.credentials))
    assert sent == {"username": "pull", "password": "open sesame", "serveraddress": "registry.example"}


def test_nobody_waits_for_a_services_tasks_here(engine: FakeEngine, connections: Connections) -> None:
    Service(connections, PROVIDER).create(WEB)
    Service(connections, PROVIDER).update(OLD, WEB)

    assert engine.requests == ["POST /services/create", "GET /services/web-id", "POST /services/web-id/update"]


def test_a_secret_is_deleted_when_its_last_user_is_gone(engine: FakeEngine, connections: Connections) -> None:
    engine.script = [{"in_use": True}, {"in_use": True}, {}]

    Secret(connections, PROVIDER).delete(Existing("s1", {}, {}))

    assert engine.requests == ["DELETE /secrets/s1"] * 3


def test_nobody_waits_for_users_on_a_host_that_goes_away(engine: FakeEngine, connections: Connections) -> None:
    engine.script = [{"in_use": True}]
    connections.hurried = True

    Secret(connections, PROVIDER).delete(Existing("s1", {}, {}))

    assert engine.requests == ["DELETE /secrets/s1"]
