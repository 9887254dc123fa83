"""Faults of the droplet as a whole."""

from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import Site


class Rebooted(Fault):
    """As by a person, or by DigitalOcean before it moves the droplet."""

    name = "the droplet is rebooted"
    lost_at_most = None
    of_the_host = True

    def strike(self, site: Site) -> None:
        site.switch("reboot")


class DockerRestarted(Fault):
    """What an upgrade of Docker does; live-restore can't be had with swarm."""

    name = "dockerd is restarted"
    lost_at_most = None
    of_the_host = True

    def strike(self, site: Site) -> None:
        site.root("systemctl restart docker.service")
