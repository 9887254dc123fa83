"""handover.sh: what an old droplet leaves to the new one, played with two hosts that are folders, and real tar and cp between them."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.values import CHECKOUT
from tests.programs import program

HANDOVER = CHECKOUT / "infra" / "handover.sh"
OLD, NEW = "203.0.113.10", "203.0.113.11"
SINCE = 1_000_000
"""When the first copy was made, on the old host's clock."""
# As over ssh: the words are joined, and a shell there reads them. The clock goes a second on at each look, and sleeping takes no time.
PRETEND = """
on() { SIDE=$1; shift; SIDE=$SIDE sh -c "$(echo "$*" | sed "s#/var/lib/docker/volumes#$STATE/$SIDE#g")"; }
before() { if [ -n "${DOWN:-}" ]; then echo "ssh: timed out" >&2; return 255; fi; on old "$@"; }
now() { on new "$@"; }
date() { read -r tick < "$STATE/tick"; echo $((tick + 1)) > "$STATE/tick"; echo "$tick"; }
sleep() { :; }
"""
PROGRAMS = {
    "ip": 'echo "1.1.1.1 via 203.0.113.1 dev eth0 src $ADDRESS uid 1000 \\    cache"',
    "date": f"echo {SINCE}",
    "sudo": 'if [ "$SIDE" = "${BROKEN:-}" ]; then exit 1; fi; exec "$@"',
    "backlog": 'read -r left < "$STATE/backlog"; echo $((left - 1)) > "$STATE/backlog"; echo "$left"',
    "docker": """echo "$SIDE: $*" >> "$STATE/calls"
case "$*" in
  "volume ls"*) ls "$STATE/$SIDE" ;;
  "volume create"*) mkdir -p "$STATE/$SIDE/$3/_data" ;;
  "service ls --filter label=site.role=singleton --format {{.Name}}") echo beat ;;
  "service ls --filter label=site.role=worker --format {{.Name}}") echo worker; echo mail ;;
  "service scale"*) if [ -n "${STUCK:-}" ]; then exit 1; fi ;;
  *) exit 64 ;;
esac""",
}


@dataclass(frozen=True)
class Handover:
    """Two hosts that pretend; a volume's files are in `old/NAME/_data` and `new/NAME/_data`."""

    state: Path

    def data(self, **told: str) -> subprocess.CompletedProcess[str]:
        return self._run(PHASE="data", **told)

    def rest(self, found: str = f"{OLD} {SINCE}", **told: str) -> subprocess.CompletedProcess[str]:
        return self._run(**({"PHASE": "rest", "FROM": found, "BACKLOG": "", "LIMIT": "30"} | told))

    def _run(self, **told: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.state / 'programs'}:/usr/bin:/bin"
        environment = {"PATH": path, "STATE": str(self.state), "TMPDIR": str(self.state / "tmp"), "HOST": NEW, "ADDRESS": OLD, **told}
        command = ["sh", "-c", PRETEND + HANDOVER.read_text()]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def write(self, host: str, file: str, text: str, at: int) -> None:
        """A file in a volume (`media/a.txt`), last changed `at`."""
        volume, _, name = file.partition("/")
        path = self.state / host / volume / "_data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (at, at))

    def files(self, host: str) -> dict[str, str]:
        """What is in the volumes of a host."""
        root = self.state / host
        return {str(path.relative_to(root)).replace("/_data", "", 1): path.read_text() for path in root.rglob("*") if path.is_file()}

    def calls(self) -> Sequence[str]:
        """What Docker was asked on both hosts."""
        log = self.state / "calls"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def handover(tmp_path: Path) -> Handover:
    """Two hosts with nothing on them."""
    for name in ("programs", "old", "new", "tmp"):
        (tmp_path / name).mkdir()
    for name, script in PROGRAMS.items():
        program(tmp_path / "programs", name, f"#!/bin/sh\n{script}\n")
    (tmp_path / "tick").write_text("5000\n")
    return Handover(tmp_path)


def test_where_nobody_answers_there_is_nothing_to_take_over(handover: Handover) -> None:
    ran = handover.data(DOWN="1")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert handover.calls() == []


def test_a_droplet_that_must_answer_and_does_not_is_an_error_with_its_last_words(handover: Handover) -> None:
    ran = handover.data(DOWN="1", MUST="1")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "the old droplet does not answer any more: ssh: timed out\n"


@pytest.mark.parametrize("must", ["", "1"])
def test_a_droplet_takes_nothing_over_from_itself(handover: Handover, must: str) -> None:
    handover.write("old", "media/a.txt", "a", SINCE)
    ran = handover.data(ADDRESS=NEW, MUST=must)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert handover.calls() == []


def test_the_volumes_of_the_old_droplet_are_copied_and_it_is_named_with_the_time(handover: Handover) -> None:
    handover.write("old", "media/deep/er/a b.txt", "a", SINCE - 500)
    handover.write("old", "proxy/cert.pem", "c", SINCE - 5)
    ran = handover.data()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"{OLD} {SINCE}\n"
    assert handover.files("new") == {"media/deep/er/a b.txt": "a", "proxy/cert.pem": "c"}
    assert (handover.state / "new/media/_data/deep/er/a b.txt").stat().st_mtime == SINCE - 500


def test_the_brokers_volume_and_nameless_ones_stay_where_they_are(handover: Handover) -> None:
    for volume in ("broker", "0123456789abcdef" * 4, "media"):
        handover.write("old", f"{volume}/a.txt", "a", SINCE)
    assert handover.data().returncode == 0
    assert handover.files("new") == {"media/a.txt": "a"}


def test_a_singleton_stops_before_its_twin_can_start_and_workers_go_on(handover: Handover) -> None:
    handover.write("old", "media/a.txt", "a", SINCE)
    assert handover.data().returncode == 0
    assert [call for call in handover.calls() if "scale" in call] == ["old: service scale beat=0"]
    assert handover.calls()[-1] == "old: service scale beat=0", "after the files: the site is without it for as short as can be"


def test_a_service_that_cannot_be_stopped_does_not_hold_the_rest_up(handover: Handover) -> None:
    assert handover.data(STUCK="1").returncode == 0
    assert handover.rest(STUCK="1").returncode == 0
    assert [call for call in handover.calls() if "scale" in call][1:] == ["old: service scale worker=0", "old: service scale mail=0"]


@pytest.mark.parametrize("side", ["old", "new"])
def test_files_that_cannot_be_copied_are_an_error(handover: Handover, side: str) -> None:
    handover.write("old", "media/a.txt", "a", SINCE + 5)
    handover.write("new", "media/b.txt", "b", SINCE + 5)
    assert handover.data(BROKEN=side).returncode != 0
    assert handover.rest(BROKEN=side).returncode != 0
    assert not [call for call in handover.calls() if "scale" in call], "the old droplet serves on"


def test_a_droplet_that_took_nothing_over_has_no_rest(handover: Handover) -> None:
    handover.write("old", "media/a.txt", "a", SINCE + 5)
    ran = handover.rest(found="", BACKLOG="backlog")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert handover.calls() == []
    assert handover.files("new") == {}


def test_what_came_since_the_copy_comes_too_and_what_is_newer_stays(handover: Handover) -> None:
    files = {
        "before.txt": ("old", SINCE - 10, None, 0, None),
        "since.txt": ("old", SINCE + 10, None, 0, "old"),
        "changed.txt": ("old", SINCE + 10, "new", SINCE - 10, "old"),
        "newer.txt": ("old", SINCE + 10, "new", SINCE + 20, "new"),
        "only.txt": (None, 0, "new", SINCE - 10, "new"),
    }
    for name, (old, old_at, new, new_at, _) in files.items():
        for host, text, at in (("old", old, old_at), ("new", new, new_at)):
            if text is not None:
                handover.write(host, f"media/{name}", text, at)
    ran = handover.rest()
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert handover.files("new") == {f"media/{name}": expected for name, (*_, expected) in files.items() if expected is not None}
    assert not list((handover.state / "tmp").iterdir())


def test_workers_stop_when_the_broker_is_empty(handover: Handover) -> None:
    (handover.state / "backlog").write_text("3\n")
    assert handover.rest(BACKLOG="backlog").returncode == 0
    assert (handover.state / "backlog").read_text() == "-1\n", "asked until there was none"
    assert [call for call in handover.calls() if "scale" in call] == ["old: service scale worker=0", "old: service scale mail=0"]


def test_messages_that_stay_are_numbered_and_the_workers_go_on(handover: Handover) -> None:
    (handover.state / "backlog").write_text("1000\n")
    ran = handover.rest(BACKLOG="backlog")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"{OLD}: 971 messages are still in the broker after 30 s; the old droplet is kept, run rebuild again\n"
    assert not [call for call in handover.calls() if "scale" in call]


def test_an_old_droplet_that_is_gone_by_then_has_no_rest(handover: Handover) -> None:
    assert handover.rest(DOWN="1", BACKLOG="backlog").returncode == 0
    assert handover.calls() == []


def test_it_is_valid_shell() -> None:
    for shell in filter(shutil.which, ("sh", "dash", "bash")):
        assert subprocess.run([shell, "-n", str(HANDOVER)], check=False).returncode == 0, shell


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck on PATH (Debian: apt-get install shellcheck)")
def test_shellcheck_has_nothing_to_say() -> None:
    # What comes before the text: variables of the environment and the two functions.
    ran = subprocess.run(
        ["shellcheck", "--shell=sh", "--exclude=SC2154,SC2153,SC2016", str(HANDOVER)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
