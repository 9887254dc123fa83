"""How many messages wait in the broker: its command, with a `valkey-cli` that pretends, and knows no more words than the real one."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.broker import backlog
from tests.programs import program

_DOCKER = r"""#!/bin/sh
case $1 in ps) echo task ;; exec) for word; do last=$word; done; exec sh -c "$last" ;; esac
"""
_CLI = r"""#!/bin/sh
while :; do case $1 in -e|--no-auth-warning) shift ;; --user) shift 2 ;; *) break ;; esac; done
case "$*" in
  --scan) [ -z "$DOWN" ] || { echo "Could not connect" >&2; exit 1; }; printf 'unacked\ncelery\n_kombu.binding.celery\nmail\n' ;;
  "type celery"|"type mail") echo list ;;
  "type unacked") echo hash ;;
  "type "*) echo set ;;
  "llen celery") echo 198 ;;
  "llen mail") echo 2 ;;
  *) echo "Unrecognized option or bad number of args for: '$1'" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name, text in (("docker", _DOCKER), ("valkey-cli", _CLI)):
        program(tmp_path, name, text)
    return tmp_path


def _counted(path: Path, down: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{path}:/usr/bin:/bin", "DOWN": down}
    return subprocess.run(["sh", "-c", backlog("broker", "valkey")], env=environment, capture_output=True, text=True)


def test_what_waits_in_all_lists_is_counted_and_nothing_else(path: Path) -> None:
    assert _counted(path).stdout == "200\n"


def test_a_broker_that_does_not_answer_is_not_an_empty_one(path: Path) -> None:
    counted = _counted(path, down="1")
    assert counted.returncode
    assert not counted.stdout
