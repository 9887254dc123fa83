"""Faults of the droplet as a whole."""

import time

from rehearsal.world.engine import docker_cli
from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import Site


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
