"""The process: how it is started, and that it never outlives the engine."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.plugin import install
from tests.plugin.started import ENGINE, LIMIT, started

pytestmark = pytest.mark.integration

PARENT = """
import subprocess, sys
plugin = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
plugin.wait()
"""


def test_the_executable_is_one_that_the_cli_finds(tmp_path: Path) -> None:
    install(tmp_path / "plugins" / "gitlab")

    executable = tmp_path / "plugins" / "gitlab" / "pulumi-resource-gitlab"
    assert executable.stat().st_mode & 0o777 == 0o755
    assert executable.read_text().startswith("#!/bin/sh\n")


def test_it_ends_when_its_parent_was_killed(tmp_path: Path) -> None:
    install(tmp_path)
    command = [sys.executable, "-c", PARENT, str(tmp_path / "pulumi-resource-gitlab"), ENGINE]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline().strip().isdigit()

        parent.kill()

        # Both hold stdout, so that it ends with the last of them.
        assert parent.communicate(timeout=LIMIT)[0] == b""


def test_it_ends_quietly_when_the_engine_interrupts_it(tmp_path: Path) -> None:
    with started(tmp_path) as (plugin, process):
        plugin.cancel()

        process.send_signal(signal.SIGINT)

        assert process.wait(LIMIT) == 0


def test_modules_of_the_programs_folder_are_not_taken_for_its_own(tmp_path: Path) -> None:
    (tmp_path / "rehearsal.py").write_text("raise SystemExit('the wrong module')")

    with started(tmp_path) as (plugin, _):
        assert plugin.version()
