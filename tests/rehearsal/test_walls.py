"""Who reaches what: cloud firewalls in both directions, the database's firewall, and the metadata address."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from rehearsal.apis import Apis
from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.world import network
from rehearsal.world.clusters import PORT
from rehearsal.world.engine import docker_cli
from tests.rehearsal.rehearsing import Visitor

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]


@pytest.fixture(scope="module")
def host(staging: Visitor) -> Host:  # noqa: ARG001 - it is up
    """The droplet of staging."""
    return Host(Home(), "staging")


def open_ports(net: str, address: str, *ports: int) -> list[int]:
    """Those ports of an address that a stranger on a network gets through to."""
    connect = f'timeout 2 bash -c "</dev/tcp/{address}/$port" 2>/dev/null'
    probe = f"for port in {' '.join(map(str, ports))}; do {connect} && echo $port; done; true"
    return [int(port) for port in docker_cli("run", "--rm", f"--network={net}", "rehearsal/base", "bash", "-c", probe).split()]


@contextlib.contextmanager
def listening(port: int) -> Iterator[None]:
    """Somebody in the world outside of the cloud who takes connections."""
    with socket.create_server((network.GATEWAY, port)):
        yield


def reaches(host: Host, port: int) -> bool:
    """Whether the droplet gets through to that port outside."""
    probe = f"timeout 3 bash -c '</dev/tcp/{network.GATEWAY}/{port}' 2>/dev/null && echo yes || echo no"
    return host.output(probe).strip() == "yes"


def test_a_stranger_finds_the_site_and_nothing_else(host: Host) -> None:
    assert open_ports(network.PUBLIC, host.address, 22, 53, 80, 443, 2019, 2375, 2376, 2377, 5432, 6379, 7946, 8000, 25060) == [80, 443]


def test_the_droplet_reaches_only_what_it_needs_outside(host: Host) -> None:
    with listening(2525), listening(6667):
        assert reaches(host, 2525)
        assert not reaches(host, 6667)


def test_the_database_is_there_for_the_droplet_alone(host: Host) -> None:
    vpc = next(thing["id"] for thing in Apis(Home()).inventory() if "vpc" in thing["kind"])
    database = docker_cli("ps", "--filter", "name=rehearsal-db-", "--format", "{{.Names}}")
    address = docker_cli("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", database)
    assert open_ports(network.private(vpc), address, PORT) == []
    answer = host.output(f"timeout 3 bash -c '</dev/tcp/{address}/{PORT}' && echo yes")
    assert answer.strip() == "yes"


def test_containers_are_refused_at_the_metadata_address(host: Host) -> None:
    def refused() -> int:
        rules = host.output("sudo nft list chain inet site forward")
        return int(rules.partition("169.254.169.254 counter packets ")[2].split()[0])

    before = refused()
    image = host.output("docker images --quiet postgres | head -n 1").strip()
    script = "timeout 3 bash -c '</dev/tcp/169.254.169.254/80' 2>&1; true"
    host.output(f'docker run --rm --entrypoint sh {image} -c "{script}"')
    assert refused() > before


def test_the_boot_key_no_longer_opens_the_first_connection(host: Host) -> None:
    seen = host.output("sudo cat /etc/ssh/ssh_host_ed25519_key.pub; ls /etc/ssh/ssh_host_*_key")
    assert host.key.split()[1] in seen
    assert seen.count("ssh_host_") == 1
