"""Who holds a stack's lock, and whether that one is gone."""

import getpass
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from ci.advice import explain
from ci.lock import Lock, told
from tests.ci.stage import GONE

HERE = socket.gethostname()
SAID = """error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.
  s3://state/.pulumi/locks/organization/site/staging/1.json: created by ci@runner-7 (pid 4711) at 2026-01-02T03:04:05+01:00
  s3://state/.pulumi/locks/organization/site/staging/2.json: created by EXAMPLE\\ann@laptop.example.com (pid 12) at 2026-01-02T03:04:06Z"""  # noqa: E501


def of(pid: int, host: str = HERE) -> Lock:
    return Lock(user="ci", host=host, pid=pid, since="2026-01-02T03:04:05Z")


def test_every_holder_is_read_from_the_backends_words() -> None:
    assert told(SAID) == [
        Lock(user="ci", host="runner-7", pid=4711, since="2026-01-02T03:04:05+01:00"),
        Lock(user="EXAMPLE\\ann", host="laptop.example.com", pid=12, since="2026-01-02T03:04:06Z"),
    ]
    assert str(told(SAID)[0]) == "ci@runner-7 (process 4711) since 2026-01-02T03:04:05+01:00"


@pytest.mark.parametrize("message", ["", "error: no stack named 'staging' found", "created by ci@runner-7"])
def test_another_error_names_nobody(message: str) -> None:
    assert told(message) == []


def test_a_process_that_has_ended_is_gone() -> None:
    assert of(GONE).gone


def test_a_process_elsewhere_may_go_on_whatever_runs_here() -> None:
    assert not of(GONE, "runner-7").gone


def test_a_number_that_another_program_has_now_is_not_the_holders() -> None:
    assert of(os.getpid()).gone


@pytest.mark.parametrize("name", ["pulumi", "/usr/local/bin/pulumi"])
def test_a_cli_that_runs_is_not_gone(name: str) -> None:
    words = [name, "-c", "input(1)"]
    with subprocess.Popen(words, executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.read(1) == b"1", "it runs: while it is being started it has no name yet"
        assert not of(process.pid).gone
    assert of(process.pid).gone


def raising(error: type[OSError]) -> Callable[[int, int], None]:
    def kill(_pid: int, _signal: int) -> None:
        raise error

    return kill


@pytest.mark.parametrize(("answer", "gone"), [(ProcessLookupError, True), (PermissionError, False)])
def test_where_proc_does_not_show_it_the_kernel_is_asked(monkeypatch: pytest.MonkeyPatch, answer: type[OSError], gone: bool) -> None:
    """On a Mac there is no /proc, and with hidepid= it has only one's own: a CLI that runs must not lose its lock there."""
    monkeypatch.setattr("os.kill", raising(answer))
    assert of(GONE).gone is gone


def test_a_process_that_is_there_but_not_shown_is_not_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.kill", lambda _pid, _signal: None)
    assert not of(GONE).gone


def test_an_error_about_a_lock_says_who_holds_it_and_what_to_do() -> None:
    message = explain(SAID, "staging")
    assert message.startswith("staging is locked by ci@runner-7 (process 4711) since 2026-01-02T03:04:05+01:00 and EXAMPLE\\ann@laptop")
    assert message.endswith(": wait for it. If it was killed: python -m ci recover --stack staging")
    assert "on this machine" not in message


def test_ones_own_lock_is_on_this_machine() -> None:
    said = f"locked: created by {getpass.getuser()}@{HERE} (pid 1) at 2026-01-02T03:04:05Z"
    assert "on this machine: wait for it" in explain(said, "staging")


def test_an_error_about_something_else_is_left_as_it_is() -> None:
    assert explain("database: quota exceeded", "staging") == "database: quota exceeded"


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("network: POST /v2/vpcs: 401 Unable to authenticate you", "pulumi config set --secret digitalocean:token --stack staging"),
        ("pipeline: 401 {message: 401 Unauthorized}", "pulumi config set --secret gitlab:token --stack staging"),
        ("web-runs: OSError: [Errno 30] Read-only file system: '/app/cache'", "`tmpfs`"),
        ("web-runs: PermissionError: [Errno 13] Permission denied: '/app/db'", "`user`; 0 is root"),
        ("network: 422 name must be unique", "`python -m ci recover --stack staging` names it"),
        ("pipeline: 400 {key: [has already been taken]}", "`python -m ci recover --stack staging` names it"),
    ],
)
def test_what_is_known_of_an_error_comes_after_it(message: str, advice: str) -> None:
    said = explain(message, "staging")
    assert said.startswith(f"{message}\n")
    assert advice in said
