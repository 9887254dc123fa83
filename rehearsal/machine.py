"""What a rehearsal needs of the machine: Linux, and Docker, which is installed and started where that can be done."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from rehearsal.cloud.world import WorldError
from rehearsal.world import front
from rehearsal.world.engine import Engine

START_LIMIT = 60
DISK = 6000
"""MiB that the images and one stack take, with some room."""
PACKAGES = {"docker": "docker.io", "ssh-agent": "openssh-client"}
"""Commands that a rehearsal calls, and the Debian package of each."""


_SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
"""Debian leaves the folders of system programs out of a user's PATH."""


def prepare(console: Console) -> None:
    """Have everything there that `up` calls. Raises WorldError with what a person has to do where it can't be had."""
    if platform.system() != "Linux":
        raise WorldError(
            f"a rehearsal needs Linux: its droplets boot systemd on this machine's kernel, and {platform.system()} has none like it"
        )
    if missing := [package for command, package in PACKAGES.items() if not shutil.which(command)]:
        install(missing, console)
    said = docker_answers()
    if said is None:
        return
    if "permission denied" in said.lower():
        raise WorldError("Docker is there, but not for you; run: sudo usermod -aG docker $USER, then log in again")
    if not Path("/run/systemd/system/").exists() and not shutil.which("dockerd", path=_SEARCHED):
        install([PACKAGES["docker"]], console)
    _start_docker(console)


def has_room(engine: Engine) -> None:
    """Raises WorldError where a port or the disk is taken by something else; asks before anything is made."""
    if not engine.get(front.CONTAINER):
        for port in front.PORTS:
            if _taken(port):
                raise WorldError(f"port {port} of 127.0.0.1 is in use; end what has it (ss -ltnp 'sport = :{port}'), then run this again")
    folder = Path(str(engine.client.info()["DockerRootDir"]))
    free = shutil.disk_usage(folder if folder.exists() else "/").free // 2**20
    if free < DISK:
        raise WorldError(f"{folder} has {free} MiB free, and a rehearsal needs {DISK} MiB; `docker system df` shows what could go")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return False  # below 1024 only root may ask; Docker will say it
        except OSError:
            return True
    return False


def install(packages: list[str], console: Console) -> None:
    """Install Debian packages: ask on a terminal, say so and go on without one."""
    names = " ".join(packages)
    command = [*([] if os.geteuid() == 0 else ["sudo"]), "apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if not shutil.which("apt-get") or not shutil.which(command[0]):
        raise WorldError(f"missing on this machine: {names}; install it with the system's own packages and run this again")
    if sys.stdin.isatty():
        if console.input(f"Missing: {names}. Install with `{' '.join(command)}`? [Y/n] ").strip().lower() not in ("", "y", "yes"):
            raise WorldError(f"nothing done without {names}")
    else:
        console.print(f"missing: {names}; installing", highlight=False)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*command[: command.index("apt-get") + 1], "update", "--quiet"], capture_output=True, env=environment)
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise WorldError(f"`{' '.join(command)}` failed:\n{(done.stdout + done.stderr).strip()[-600:]}")


def docker_answers() -> str | None:
    """None where it does, else what the client said."""
    if not shutil.which("docker"):
        return "there is no Docker client"
    done = subprocess.run(["docker", "info"], capture_output=True, text=True)
    return None if done.returncode == 0 else done.stdout + done.stderr


def _start_docker(console: Console) -> None:
    """By systemd where that runs the machine, else by hand, as a process that stays (it is yours to end: `pkill dockerd`)."""
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    console.print("starting Docker", highlight=False)
    if Path("/run/systemd/system").exists():
        subprocess.run([*sudo, "systemctl", "start", "docker"], capture_output=True)
    elif os.environ.get("DOCKER_HOST") is None:
        silent = subprocess.DEVNULL
        # Nobody's child: it outlives this process, which therefore can't leave it unwaited for.
        daemon = ["setsid", "--fork", *sudo, shutil.which("dockerd", path=_SEARCHED) or "dockerd"]
        subprocess.run(daemon, stdin=silent, stdout=silent, stderr=silent, check=True)
    deadline = time.monotonic() + START_LIMIT
    while (said := docker_answers()) is not None:
        if time.monotonic() > deadline:
            raise WorldError(f"Docker did not start within {START_LIMIT} s: {said.strip()[-300:]}")
        time.sleep(0.3)
