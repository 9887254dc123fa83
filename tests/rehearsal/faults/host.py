"""Faults of the droplet as a whole."""

import time

from rehearsal.world.engine import docker_cli
from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import LIMIT, Site
from tests.rehearsal.rehearsing import wait_for

_DOCKER, _ASIDE = "/var/lib/docker", "/mnt/docker"
_STOP, _START = "systemctl stop docker.socket docker.service", "systemctl start docker.service"
_SMALL = f"""{_STOP}
mkdir -p {_ASIDE}
mount -t tmpfs -o size=$(($(du --summarize --block-size=1M {_DOCKER} | cut -f 1) + 256))m tmpfs {_ASIDE}
cp -a {_DOCKER}/. {_ASIDE}/
mount --bind {_ASIDE} {_DOCKER}
{_START}
"""
_LARGE = f"""test "$(stat --file-system --format %T {_DOCKER})" = tmpfs || exit 0
{_STOP}
rm -f {_DOCKER}/filling
umount -l {_DOCKER}
rm -rf {_DOCKER}/*
cp -a {_ASIDE}/. {_DOCKER}/
umount {_ASIDE}
{_START}
"""


class Rebooted(Fault):
    """As by a person, or by DigitalOcean before it moves the droplet."""

    name = "the droplet is rebooted"
    lost_at_most = None
    of_the_host = True

    def strike(self, site: Site) -> None:
        site.switch("reboot")


class PowerCut(Fault):
    """Without a word before: nothing is flushed that is in a process."""

    name = "the droplet loses its power"
    lost_at_most = None
    of_the_host = True

    def strike(self, site: Site) -> None:
        docker_cli("kill", site.machine)
        docker_cli("start", site.machine)


class DockerRestarted(Fault):
    """What an upgrade of Docker does; live-restore can't be had with swarm."""

    name = "dockerd is restarted"
    lost_at_most = None
    of_the_host = True

    def strike(self, site: Site) -> None:
        site.root("systemctl restart docker.service")


class DockerKilled(Fault):
    """systemd starts it again."""

    name = "dockerd is killed"
    lost_at_most = None
    of_the_host = True

    def strike(self, site: Site) -> None:
        site.root("systemctl kill --signal=KILL --kill-whom=main docker.service")
        time.sleep(5)


class DiskFull(Fault):
    """The disk that Docker keeps everything on: images, volumes, logs and the swarm's own state. A droplet's is a part of this machine's:
    a small one in memory takes its place beforehand."""

    name = "the host's disk is full for 20 s"
    lasts = 20
    of_the_host = True

    def prepare(self, site: Site) -> None:
        site.root(_SMALL)
        wait_for("all tasks", lambda: site.whole, LIMIT)

    def strike(self, site: Site) -> None:
        site.root(f"dd if=/dev/zero of={_DOCKER}/filling bs=1M 2>/dev/null || true; test $(stat --file-system --format %a {_DOCKER}) -eq 0")
        time.sleep(self.lasts)
        site.root(f"rm {_DOCKER}/filling")

    def clean_up(self, site: Site) -> None:
        site.root(_LARGE)
        wait_for("all tasks", lambda: site.whole, LIMIT)
