"""Releases of a rehearsed site, good ones and broken ones, with visitors on it all the time.

By the conductor, or by ENGINE; with RELEASES=all (`make test-releases`) every way to break.
"""

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from bench.load import Background, Load
from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.stack import Stack
from rehearsal.world.engine import docker_cli
from tests.rehearsal.broken import CASES, WAITING, Broken
from tests.rehearsal.rehearsing import Visitor, rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
ALL = os.environ.get("RELEASES") == "all"
SAMPLE_CASES = ("worker fails",)
RATE = 8
_END = "from django.db import connection; connection.cursor().execute('{command}')"
_HOLD = """from django.db import connection, transaction
import time
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("select count(*) from guestbook_entry")
    print("held", flush=True)
    time.sleep(120)"""


def digest(stack: str = "staging") -> str:
    """What runs."""
    return str(Stack(stack, Home()).exports["image"])


def running(name: str) -> set[str]:
    """The images of all tasks of the site that shall run."""
    tasks = f"docker service ps {name} --filter desired-state=running --no-trunc --format '{{{{.Image}}}}'"
    return set(Host(Home(), "staging").output(tasks).split())


def on_the_host() -> set[str]:
    """The images that are there, by digest."""
    return set(Host(Home(), "staging").output("docker image ls --digests --format '{{.Repository}}@{{.Digest}}'").split())


def another(number: int) -> str:
    """An image that differs from the sample in nothing that a visitor sees."""
    name = f"rehearsal/another-{number}"
    docker_cli("build", "--quiet", "--tag", name, "-", stdin=f"FROM rehearsal/sample\nLABEL release={number}\n")
    return name


def released(*words: str) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
    """Run `release` or `rollback` with visitors on the site; gives what it told, and what was lost."""
    stack = Stack("staging", Home())
    with Background(Load(url=stack.url, ca_file=stack.home.certificate("staging"), rate=RATE)) as traffic:
        done = rehearse(*words)
    return done, traffic.report.lost


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """No test may leave containers of a release command or of a look at migrations on the host."""
    yield
    left = Host(Home(), "staging").output("docker ps --all --format '{{.Names}}' --filter name=release- --filter name=read-migrations")
    assert left == ""


@pytest.fixture
def before(staging: Visitor) -> str:
    """What runs before a test."""
    assert staging.see("/healthz").status_code == 200
    return digest()


def test_a_good_release_loses_nothing_and_can_be_gone_back_from(staging: Visitor, before: str) -> None:
    done, lost = released("release", "--image", another(1))
    assert (done.returncode, lost) == (0, {}), done.stdout + done.stderr
    assert "after this release you can go back: it has no migration to run" in done.stdout
    assert digest() != before
    assert {image for name in ("web", "worker", "beat") for image in running(name)} == {digest()}
    assert staging.see("/healthz").json()["release"] == digest().partition("@")[2]

    done, lost = released("rollback")
    assert (done.returncode, lost) == (0, {}), done.stdout + done.stderr
    assert digest() == before
    assert {image for name in ("web", "worker", "beat") for image in running(name)} == {before}

    done = rehearse("rollback")
    assert done.returncode == 1
    assert "there is no release before" in done.stderr, "going back once more would be the one that was left"


@pytest.mark.parametrize("name", CASES if ALL else SAMPLE_CASES)
def test_a_broken_release_is_put_back_wholly_and_says_why(before: str, name: str) -> None:
    there = on_the_host()
    done, lost = released("release", "--image", CASES[name].build())
    _put_back(CASES[name], before, there, done, lost)


def test_a_release_command_that_waits_on_a_lock_gives_up_and_names_the_holder(before: str) -> None:
    host, there = Host(Home(), "staging"), on_the_host()
    inside = 'set -a; . /run/secrets/site.env; exec python3 manage.py shell -c "$0"'
    task = host.output("docker ps --quiet --filter label=com.docker.swarm.service.name=worker").strip()
    holder = subprocess.Popen(
        host.command(f"docker exec --interactive {task} /bin/sh -c '{inside}' \"$(cat)\""),
        env=host.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        holder.stdin.write(_HOLD)
        holder.stdin.close()
        assert "held\n" in iter(holder.stdout.readline, ""), "it says so, once it has the lock"
        done, lost = released("release", "--image", WAITING.build())
        command = re.search(r"end it with: (set role none; select pg_terminate_backend\(\d+\))", " ".join(done.stderr.split()))
        assert command, done.stderr
        host.output(f"docker exec {task} /bin/sh -c '{inside}' \"{_END.format(command=command[1])}\"")
        holder.kill()
    _put_back(WAITING, before, there, done, lost)


def test_an_image_that_is_not_there_changes_nothing(before: str) -> None:
    stack = Stack("staging", Home())
    missing = f"{before.partition('@')[0]}@sha256:{'0' * 64}"
    done = rehearse("release", "--image", missing)
    assert done.returncode == 1
    assert "not found" in done.stderr or "unknown" in done.stderr, done.stderr
    assert stack.exports["image"] == before


def _put_back(broken: Broken, before: str, there: set[str], done: subprocess.CompletedProcess[str], lost: dict[str, int]) -> None:
    told = " ".join(done.stderr.split())
    assert done.returncode == 1, done.stdout
    assert [words for words in broken.told if words not in told] == [], done.stderr
    assert f"everything runs what it ran before: {before}" in told
    assert lost == {} or broken.served
    print(f"{broken.name}: lost {lost}")
    assert digest() == before
    assert {image for name in ("web", "worker", "beat") for image in running(name)} == {before}
    assert before in on_the_host()
    assert on_the_host() <= there, "the broken image is gone again"
