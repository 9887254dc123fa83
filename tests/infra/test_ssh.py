"""How a host is reached: one list of options, and a host key that is known before the first connection."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from infra.host import ssh_command, ssh_options
from tests.infra.build import Build
from tests.programs import program

KEYS = ["ssh-ed25519 AAAAone\n", "ssh-ed25519 AAAAtwo comment"]


def option(options: list[str], name: str) -> str:
    """The value of one of them."""
    (value,) = [word.partition("=")[2] for word in options if word.startswith(f"{name}=")]
    return value


def known_hosts(command: str) -> list[str]:
    """What ssh gets from a KnownHostsCommand: it expands %% itself, splits words as its config does, and runs no shell."""
    assert "%" not in command.replace("%%", ""), "a single percent sign is a token of ssh's own"
    return subprocess.run(shlex.split(command.replace("%%", "%")), check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.skipif(not Path("/usr/bin/printf").exists(), reason="no /usr/bin/printf on this machine")
@pytest.mark.parametrize("keys", [KEYS[:1], KEYS])
def test_the_host_is_known_by_exactly_these_keys(keys: list[str]) -> None:
    lines = known_hosts(option(ssh_options("203.0.113.10", keys), "KnownHostsCommand"))
    # ssh reads the printf's \n as two characters, which printf turns into a line's end.
    assert lines == [f"203.0.113.10 {key.strip()}" for key in keys]


def test_nothing_is_accepted_on_first_use_and_no_file_is_kept() -> None:
    options = ssh_options("203.0.113.10", KEYS)
    assert option(options, "StrictHostKeyChecking") == "yes"
    assert option(options, "UserKnownHostsFile") == option(options, "GlobalKnownHostsFile") == "/dev/null"
    assert option(options, "BatchMode") == "yes", "it would wait for a password"


def test_every_option_has_its_flag() -> None:
    options = ssh_options("203.0.113.10", KEYS)
    assert options[::2] == ["-o"] * (len(options) // 2)


def test_a_shell_splits_the_command_into_the_same_words() -> None:
    command = ssh_command("203.0.113.10", KEYS)
    assert shlex.split(command) == ["ssh", *ssh_options("203.0.113.10", KEYS), "deploy@203.0.113.10"]
    printed = subprocess.run(["sh", "-c", f"printf '%s\\0' {command}"], check=True, capture_output=True, text=True).stdout
    assert printed.split("\0")[:-1] == shlex.split(command)


@pytest.fixture
def pretend_ssh(tmp_path: Path) -> Path:
    """A PATH whose `ssh` runs its last argument as the host's login shell would."""
    program(tmp_path, "ssh", '#!/bin/sh\nfor word; do last=$word; done\nexec sh -c "$last"\n')
    return tmp_path


def test_a_script_arrives_at_the_host_as_it_was_written(build: Build) -> None:
    """A command is split by two shells, here and there: what the first one passes on must be the script."""
    for command in build.all("command.Command"):
        create = command.plain["create"]
        if not create.startswith("ssh "):
            continue
        *_, target, script = shlex.split(create)
        assert target == "deploy@203.0.113.10", command.name
        checked = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, f"{command.name}: {checked.stderr}"


def test_a_script_that_fails_fails_the_command(pretend_ssh: Path) -> None:
    create = f"{ssh_command('203.0.113.10', KEYS)} {shlex.quote('set -eu; false; echo never')}"
    ran = subprocess.run(["sh", "-c", create], env={"PATH": f"{pretend_ssh}:/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")


def test_docker_and_our_own_commands_use_the_same_options(build: Build) -> None:
    docker = json.loads(build.one("pulumi.docker").plain["sshOpts"])
    create = shlex.split(build.one("command.Command", "release").plain["create"])
    assert create[1 : len(docker) + 1] == docker


def test_the_first_contact_knows_the_boot_key_and_everything_else_only_the_long_term_one(build: Build) -> None:
    gate = build.one("command.Command", "servers-ready").plain["create"]
    first, on_host = gate.splitlines()[:2]
    assert "servers-boot" in first
    assert "servers-host" in first
    assert "servers-boot" not in on_host
    for command in build.all("command.Command"):
        if command.name != "servers-ready":
            assert "servers-boot" not in command.plain["create"], command.name
