"""A host that is not ready, or not who it should be: the gate ends within its limit with host, step and last error. Real ssh, real host."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from rehearsal.agent import Agent
from rehearsal.conductor.ledger import Entry, Ledger
from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.world import network
from tests.rehearsal.rehearsing import Visitor, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
NOBODY = network.GATEWAY.rpartition(".")[0] + ".250"
STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBzm6qHyQSnbSlbtBk5aZXxU1lSVVmo0v2RzQOmNn0Zf"
WAIT = b"Please wait while we get your droplet ready...\r\n"


@pytest.fixture
def made(staging: Visitor) -> Entry:
    """The gate of the staging droplet, as the conductor ran it."""
    assert staging.see("/healthz").status_code == 200
    return next(entry for entry in Ledger(Home().ledger("staging")).entries if entry.name == "servers-ready")


def gate(made: Entry, *, limit: int, change: Callable[[str], str] = str) -> tuple[int, str, float]:
    """Run it: exit code, what it said, and its seconds."""
    script, before = change(made.inputs["create"]), made.inputs["environment"]
    environment = {**os.environ, **before, "ADDRESS": change(before["ADDRESS"]), "LIMIT": str(limit)}
    environment["SSH_AUTH_SOCK"] = str(Agent(Home()).socket)
    began = time.monotonic()
    done = subprocess.run(
        ["sh", "-c", script], env=environment, input=made.inputs["stdin"], capture_output=True, text=True, timeout=limit + 60
    )
    return done.returncode, done.stderr, time.monotonic() - began


def test_a_host_that_is_never_reached_is_named(made: Entry) -> None:
    address = made.inputs["environment"]["ADDRESS"]
    code, said, seconds = gate(made, limit=5, change=lambda text: text.replace(address, NOBODY))
    assert code == 1
    assert said.startswith(f"{NOBODY}: waited 5 s in all, last for ssh: ")
    assert "No route to host" in said or "timed out" in said
    assert seconds < 5 + 15, "one attempt to connect more than the limit at the most"


@pytest.fixture
def busy() -> Iterator[str]:
    """An address whose sshd asks to wait, as a droplet does that is still being prepared."""
    try:
        server = socket.create_server(("127.0.0.1", 22))
    except OSError:
        pytest.skip("port 22 of this machine can't be had")

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with closing(connection):
                connection.sendall(WAIT)

    threading.Thread(target=serve, daemon=True).start()
    yield "127.0.0.1"
    # A thread that waits for a connection is not woken by close alone.
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_a_host_that_asks_to_wait_is_waited_for_and_named(made: Entry, busy: str) -> None:
    address = made.inputs["environment"]["ADDRESS"]
    code, said, seconds = gate(made, limit=4, change=lambda text: text.replace(address, busy))
    assert code == 1
    assert said.startswith(f"{busy}: waited 4 s in all, last for ssh: ")
    assert seconds < 4 + 15


def test_a_host_with_another_key_is_refused_and_told_nothing(made: Entry) -> None:
    keys = {word for word in made.inputs["create"].replace('"', " ").split() if word.startswith("AAAAC3")}

    def other(text: str) -> str:
        for key in keys:
            text = text.replace(key, STRANGER.split()[1])
        return text

    code, said, _seconds = gate(made, limit=3, change=other)
    assert code == 1
    assert "last for ssh: " in said
    assert "Host key verification failed" in said
    assert made.inputs["stdin"].splitlines()[1] not in said


def test_docker_that_is_absent_for_twenty_seconds_is_waited_for(made: Entry, staging: Visitor) -> None:
    host = Host(Home(), "staging")
    host.output("sudo systemctl stop docker.socket docker.service 2>&1")
    try:
        code, said, _seconds = gate(made, limit=3)
        assert code == 1
        assert f"{host.address}: waited 3 s in all, last for Docker: " in said
        assert "Cannot connect to the Docker daemon" in said
        host.output("nohup sh -c 'sleep 20; sudo systemctl start docker.service' >/dev/null 2>&1 &")
        code, said, seconds = gate(made, limit=120)
        assert (code, said) == (0, "")
        assert 15 < seconds < 100
    finally:
        host.output("sudo systemctl start docker.service")
    wait_for("the site to be back", lambda: _answers(staging))


def _answers(visitor: Visitor) -> bool:
    try:
        return visitor.see("/healthz").status_code == 200
    except httpx.TransportError:
        return False
