"""The command line: what it shows, and how it fails."""

import gc
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rehearsal import __main__ as cli
from rehearsal import machine
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT, Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home")
    monkeypatch.setattr(cli, "Home", lambda: home)
    return home


def test_a_preview_of_production_shows_all_of_it_by_component(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["preview", "--stack", "production"]) == 0
    said = capsys.readouterr().out
    for component in ("Network", "Servers", "Database", "Registry", "Site", "Pipeline", "Watch"):
        assert f"site:infra:{component} " in said
    assert "+ digitalocean Droplet servers" in said
    assert said.strip().endswith("to create")
    assert not home.ledger("production").exists()


def test_a_preview_needs_no_network() -> None:
    alone = ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("this user may not make a network namespace")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "rehearsal", "preview", "--json"], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    steps: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(steps) > 40


def test_wrong_config_is_said_whole_and_ends_with_one(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("config: {site:domain: 'https://x', site:region: Frankfurt, site:colour: red}")
    assert cli.main(["preview", "--config", str(overlay)]) == 1
    said = capsys.readouterr()
    for key in ("site:domain", "site:region", "site:colour"):
        assert key in said.err + said.out
    assert "Traceback" not in said.err + said.out
    assert home.stacks() == []


def test_an_unknown_command_ends_with_two() -> None:
    done = subprocess.run([sys.executable, "-m", "rehearsal", "deploy"], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "invalid choice: 'deploy'" in done.stderr


def test_status_of_nothing_says_how_to_start(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status"]) == 0
    assert "make up" in capsys.readouterr().out
    assert home.stacks() == []


def test_elsewhere_than_on_linux_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(WorldError, match=r"needs Linux.*Darwin"):
        machine.prepare(Console())


def test_what_is_missing_and_not_installable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _command: None)
    with pytest.raises(WorldError, match=r"docker\.io openssh-client"):
        machine.prepare(Console())


def test_a_docker_that_is_not_up_is_started_as_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if Path("/run/systemd/system").exists():
        pytest.skip("systemd starts Docker on this machine")
    started = tmp_path / "started"
    for name, script in (
        ("docker", f"test -e {started}"),
        ("dockerd", f"ps -o ppid= -p $$ >{started}.new; mv {started}.new {started}; exec sleep 2"),
        ("sudo", '"$@"'),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(machine, "_SEARCHED", os.environ["PATH"])
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    machine.prepare(Console())
    gc.collect()  # a child that nobody waits for would warn here
    assert int(started.read_text()) != os.getpid()
