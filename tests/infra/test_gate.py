"""gate.sh: what a droplet must show before the site is put on it, played with ways to the host that only pretend."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.values import CHECKOUT

GATE = CHECKOUT / "infra" / "gate.sh"
# The clock goes a second on at each look, and sleeping takes no time. `answer NAME` fails NAME_FAILS times, then succeeds.
PRETEND = """
date() { read -r now < "$STATE/now"; echo $((now + 1)) > "$STATE/now"; echo "$now"; }
sleep() { :; }
install_key="install the key"
answer() {
  echo "$1 ${2:-}" >> "$STATE/calls"
  count=$(cat "$STATE/$1" 2>/dev/null || echo 0); echo $((count + 1)) > "$STATE/$1"
  eval "fails=\\${$1_FAILS:-0}"
  [ "$count" -ge "$fails" ] || { echo "$1: no answer, try $count"; return 255; }
}
first_contact() {
  case "$*" in
    true) answer ssh ;;
    "test -e"*) answer prepared ;;
    *) cat > "$STATE/installed"; answer install "$*" ;;
  esac
}
on_host() {
  case "$*" in
    true) answer known ;;
    "cloud-init status --wait") return "${CLOUD_INIT:-0}" ;;
    "cloud-init status --long"*) echo "status: error"; echo "Package docker.io was not found" ;;
    "docker version"*) answer docker ;;
    *) if [ -n "${REAL:-}" ]; then sh -c "$*"; else answer database; fi ;;
  esac
}
"""


@dataclass(frozen=True)
class Gate:
    """The gate with a host that pretends."""

    state: Path

    def run(self, port: int = 25060, **host: int) -> subprocess.CompletedProcess[str]:
        """Go through it. `host` says how often each answer fails, and the exit code of cloud-init."""
        (self.state / "now").write_text("1000\n")
        environment = {"ADDRESS": "203.0.113.10", "DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": str(port), "LIMIT": "60"}
        environment |= {
            "STATE": str(self.state),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            **{name: str(value) for name, value in host.items()},
        }
        return subprocess.run(
            ["sh", "-c", PRETEND + GATE.read_text()], input="THE HOST KEY", env=environment, capture_output=True, text=True, check=False
        )

    def calls(self, name: str) -> int:
        """How often the host was asked."""
        return sum(line.split()[0] == name for line in (self.state / "calls").read_text().splitlines())


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A gate with nothing asked yet."""
    return Gate(tmp_path)


def test_a_host_that_is_ready_passes(gate: Gate) -> None:
    ran = gate.run()
    assert (ran.returncode, ran.stderr) == (0, "")


def test_it_waits_for_what_is_late(gate: Gate) -> None:
    ran = gate.run(ssh_FAILS=5, prepared_FAILS=3, known_FAILS=2, docker_FAILS=4, database_FAILS=2)
    assert ran.returncode == 0, ran.stderr
    assert (gate.calls("ssh"), gate.calls("docker"), gate.calls("database")) == (6, 5, 3)


@pytest.mark.parametrize(
    ("late", "named"),
    [
        ("ssh", "ssh"),
        ("prepared", "cloud-init to prepare ssh"),
        ("known", "ssh with the long-term host key"),
        ("docker", "Docker"),
        ("database", "the database at 127.0.0.1:25060"),
    ],
)
def test_it_names_what_did_not_come_and_the_last_thing_that_it_said(gate: Gate, late: str, named: str) -> None:
    ran = gate.run(**{f"{late}_FAILS": 1000})
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"203.0.113.10: waited 60 s in all, last for {named}: {late}: no answer, try ")


def test_the_limit_is_one_for_all_steps_together(gate: Gate) -> None:
    ran = gate.run(ssh_FAILS=40, docker_FAILS=40)
    assert ran.returncode == 1
    assert "last for Docker" in ran.stderr


def test_a_first_success_past_the_limit_counts(gate: Gate) -> None:
    """What is there is never refused for being late."""
    assert gate.run(ssh_FAILS=59).returncode == 0


def test_the_long_term_key_goes_in_by_stdin_and_not_by_the_command_line(gate: Gate) -> None:
    assert gate.run().returncode == 0
    assert (gate.state / "installed").read_text() == "THE HOST KEY\n"
    assert "THE HOST KEY" not in (gate.state / "calls").read_text()


def test_a_key_that_cannot_be_installed_is_an_error(gate: Gate) -> None:
    ran = gate.run(install_FAILS=1)
    assert ran.returncode == 1
    assert "could not install the host key" in ran.stderr


def test_the_command_that_installs_the_key_is_valid_shell(gate: Gate) -> None:
    gate.run()
    (_, _, command) = (gate.state / "calls").read_text().partition("install ")
    checked = subprocess.run(["sh", "-n"], input=command.partition("\nknown")[0], text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("code", [0, 2])
def test_cloud_init_that_is_done_goes_on_also_with_recoverable_errors(gate: Gate, code: int) -> None:
    assert gate.run(CLOUD_INIT=code).returncode == 0


def test_cloud_init_that_failed_is_not_waited_for_and_its_log_is_shown(gate: Gate) -> None:
    ran = gate.run(CLOUD_INIT=1)
    assert ran.returncode == 1
    assert "203.0.113.10: cloud-init failed (exit 1):" in ran.stderr
    assert "Package docker.io was not found" in ran.stderr
    assert gate.calls("known") == 1
    assert "docker" not in (gate.state / "calls").read_text().replace("install", "")


@pytest.fixture
def postgres() -> Iterator[tuple[int, list[bytes]]]:
    """A listener that answers a request for TLS as Postgres does, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            with server.accept()[0] as client:
                asked.append(client.recv(8, socket.MSG_WAITALL))
                client.sendall(b"S")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        thread.join(10)


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash on this machine")
def test_the_database_is_asked_in_postgress_own_words(gate: Gate, postgres: tuple[int, list[bytes]]) -> None:
    """Length 8, then the code of SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html"""
    port, asked = postgres
    ran = gate.run(port, REAL=1)
    assert ran.returncode == 0, ran.stderr
    assert asked == [(8).to_bytes(4) + (80877103).to_bytes(4)]


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash on this machine")
def test_a_database_that_is_not_there_is_named(gate: Gate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ran = gate.run(port, REAL=1, ssh_FAILS=55)
    assert ran.returncode == 1
    assert f"the database at 127.0.0.1:{port}" in ran.stderr
    assert "refused" in ran.stderr.lower()


def test_it_is_valid_shell() -> None:
    for shell in filter(shutil.which, ("sh", "dash", "bash")):
        assert subprocess.run([shell, "-n", str(GATE)], check=False).returncode == 0, shell


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck on PATH (Debian: apt-get install shellcheck)")
def test_shellcheck_has_nothing_to_say() -> None:
    # What comes before the text: variables of the environment and the two functions.
    ran = subprocess.run(
        ["shellcheck", "--shell=sh", "--exclude=SC2154,SC2153,SC2016", str(GATE)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
