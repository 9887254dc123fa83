"""What containers on a rehearsed host can do: not what the declarations say, but what the engine made of them."""

import json
from typing import Any

import pytest

from rehearsal.cloud.world import WorldError
from rehearsal.home import Home
from rehearsal.host import Host
from tests.rehearsal.rehearsing import Visitor

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]


@pytest.fixture(scope="module")
def host(staging: Visitor) -> Host:  # noqa: ARG001 - it is up
    """The droplet of staging."""
    return Host(Home(), "staging")


@pytest.fixture(scope="module")
def containers(host: Host) -> dict[str, dict[str, Any]]:
    """As the engine has them, by service."""
    found = json.loads(host.output("docker ps --quiet | xargs docker inspect"))
    return {container["Config"]["Labels"]["com.docker.swarm.service.name"]: container for container in found}


def inside(host: Host, containers: dict[str, dict[str, Any]], service: str, script: str) -> str:
    """What a shell script prints in a service's container, as its own user; raises when it fails."""
    return host.output(f"docker exec --interactive {containers[service]['Id']} sh -s", stdin=script)


def test_every_container_is_confined(containers: dict[str, dict[str, Any]]) -> None:
    assert containers.keys() == {"web", "worker", "beat", "broker", "proxy"}
    for name, container in containers.items():
        limits = container["HostConfig"]
        assert limits["ReadonlyRootfs"], name
        assert limits["CapDrop"] == ["ALL"], name
        assert limits["Memory"], name
        assert limits["NanoCpus"] == 10**9, name
        assert not limits["Privileged"], name


@pytest.mark.parametrize("service", ["web", "worker", "beat", "broker", "proxy"])
def test_nobody_in_a_container_is_root_or_can_become_it(host: Host, containers: dict[str, dict[str, Any]], service: str) -> None:
    said = dict(line.split(":", 1) for line in inside(host, containers, service, "cat /proc/1/status").splitlines())
    assert "0" not in said["Uid"].split()
    assert said["CapEff"].strip() == "0" * 16
    assert said["NoNewPrivs"].strip() == "1"


@pytest.mark.parametrize("service", ["web", "broker", "proxy"])
def test_an_image_can_not_be_changed_while_it_runs(host: Host, containers: dict[str, dict[str, Any]], service: str) -> None:
    with pytest.raises(WorldError, match="Read-only file system"):
        inside(host, containers, service, "echo > /srv/changed")
    assert inside(host, containers, service, "echo kept > /tmp/new && cat /tmp/new").strip() == "kept"


def test_the_sites_secrets_are_for_its_user_alone(host: Host, containers: dict[str, dict[str, Any]]) -> None:
    said = inside(host, containers, "web", "stat -c '%u %a' /run/secrets/*; id -u").split()
    assert said[0] == said[-1] != "0"
    assert said[1] == "400"


def test_who_serves_writes_to_its_volume(host: Host, containers: dict[str, dict[str, Any]]) -> None:
    assert inside(host, containers, "web", "touch /app/media/trial && rm /app/media/trial && echo yes").strip() == "yes"


def test_a_user_has_an_end_of_processes(host: Host, containers: dict[str, dict[str, Any]]) -> None:
    for service in containers:
        line = inside(host, containers, service, "grep 'Max processes' /proc/1/limits").split()
        assert line[2:4] == ["2048", "2048"], service
