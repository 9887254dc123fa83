"""Rules for everything that runs in the swarm."""

import re
import shlex
from typing import Any

import pytest

from infra.rollout import RUNS
from infra.service import duration
from tests.infra.build import Build, Resource, container
from tests.infra.engine import Engine
from tests.infra.values import IMAGE

WATCHED = 12
"""Seconds: some images crash only ten seconds after their start."""


@pytest.fixture(scope="session", params=["staging", "production", "full"])
def services(request: pytest.FixtureRequest) -> list[Resource]:
    """All services of a stack, or of everything turned on."""
    build: Build = request.getfixturevalue(request.param)
    found = build.all("docker.Service")
    assert {service.name for service in found} == {"web", "worker", "beat", "broker", "proxy"}
    return found


def kept(service: Resource) -> list[dict[str, Any]]:
    """Its mounts that are on a disk."""
    return [mount for mount in container(service)["mounts"] if mount["type"] != "tmpfs"]


def seconds(duration: str) -> int:
    """Of what Docker writes as 90s or 1m30s."""
    return sum(int(count) * {"h": 3600, "m": 60, "s": 1}[unit] for count, unit in re.findall(r"(\d+)([hms])", duration))


def test_the_site_runs_by_digest(build: Build) -> None:
    services = build.services(of_the_image=True)
    assert {container(service)["image"] for service in services} == {IMAGE}
    assert {service.name for service in services} == {"web", "worker", "beat"}


def test_what_others_made_runs_by_digest_too(services: list[Resource]) -> None:
    """The swarm looks a tag's digest up itself, and the provider takes that for a change."""
    for service in services:
        assert "@sha256:" in container(service)["image"], service.name


def test_an_image_that_has_a_digest_is_not_looked_up(engine: Engine) -> None:
    build = engine.build("staging", proxyImage="caddy:2@sha256:" + "d4" * 32)
    assert [c.name for c in build.all("command.Command") if c.name.endswith("-image")] == ["broker-image"]
    assert container(build.one("docker.Service", "proxy"))["image"] == "caddy:2@sha256:" + "d4" * 32


@pytest.mark.parametrize(
    ("length", "written"), [(0, "0s"), (59, "59s"), (60, "1m"), (90, "1m30s"), (3600, "1h"), (3660, "1h1m"), (3601, "1h0m1s")]
)
def test_a_duration_is_written_as_the_provider_reads_it_back(length: int, written: str) -> None:
    """In another form it would be a change on every run."""
    assert duration(length) == written


def test_a_running_process_is_told_its_release(build: Build) -> None:
    for service in build.services(of_the_image=True):
        assert container(service)["env"]["RELEASE"] == IMAGE.partition("@")[2]


def test_a_service_names_its_network_by_id(services: list[Resource]) -> None:
    """By name it would be replaced after every refresh."""
    for service in services:
        assert service.plain["taskSpec"]["networksAdvanceds"] == [{"id": "servers-id"}], service.name


def test_a_restart_policy_says_its_window(services: list[Resource]) -> None:
    """Without one it differs after every refresh."""
    for service in services:
        assert service.plain["taskSpec"]["restartPolicy"].keys() >= {"condition", "delay", "window"}, service.name


def test_every_task_has_a_memory_limit(services: list[Resource]) -> None:
    for service in services:
        assert service.plain["taskSpec"]["resources"]["limits"]["memoryBytes"] >= 32 * 1024**2, service.name


def test_no_service_has_credentials_of_its_own(services: list[Resource]) -> None:
    """A change of them deletes the service before it is made again: that is downtime."""
    assert not [service.name for service in services if "auth" in service.inputs]


def test_a_service_has_no_virtual_address(services: list[Resource]) -> None:
    """The proxy reads tasks from their names: a task is out of them before it is stopped."""
    assert {service.plain["endpointSpec"]["mode"] for service in services} == {"dnsrr"}


def test_an_update_that_fails_is_rolled_back_and_watched_long_enough_to_know(services: list[Resource]) -> None:
    for service in services:
        update = service.plain["updateConfig"]
        assert update["failureAction"] == "rollback", service.name
        assert update["maxFailureRatio"] == "0.0", service.name
        probe = container(service).get("healthcheck", {}).get("tests", ["", ""])[1]
        waits = next((int(found) for found in re.findall(r"left = (\d+)", probe)), 0)
        assert waits + seconds(update["monitor"]) >= WATCHED, service.name


def test_only_what_serves_starts_before_its_predecessor_stops(services: list[Resource]) -> None:
    orders = {service.name: service.plain["updateConfig"]["order"] for service in services}
    assert orders == {"web": "start-first"} | dict.fromkeys(("worker", "beat", "broker", "proxy"), "stop-first")
    for service in services:
        assert service.plain["rollbackConfig"]["order"] == orders[service.name], service.name


def test_a_singleton_runs_once(services: list[Resource]) -> None:
    for service in services:
        if service.name in ("beat", "broker", "proxy"):
            assert service.plain["mode"] == {"replicated": {"replicas": 1}}, service.name


def test_every_service_is_waited_for_longer_than_a_careful_update_takes_and_not_by_the_provider(build: Build, full: Build) -> None:
    for stack in (build, full):
        for service in stack.all("docker.Service"):
            check = container(service).get("healthcheck")
            start = seconds(check["startPeriod"]) + check["retries"] * seconds(check["interval"]) if check else 0
            rolling = service.plain["updateConfig"]
            rounds = -(-service.plain["mode"]["replicated"]["replicas"] // rolling["parallelism"])
            need = (start + seconds(rolling["monitor"]) + seconds(container(service)["stopGracePeriod"])) * rounds
            waits = stack.one("command.Command", f"{service.name}{RUNS}")
            assert int(shlex.split(waits.plain["create"])[-1].split()[-1]) > need, service.name
            assert service.urn in stack.before(waits)
            assert "convergeConfig" not in service.inputs


def test_whatever_changes_a_service_lets_it_be_waited_for_again(engine: Engine, staging: Build) -> None:
    def triggers(build: Build) -> dict[str, Any]:
        return {found.name: found.plain["triggers"] for found in build.all("command.Command") if found.name.endswith(RUNS)}

    before = triggers(staging)
    assert before.keys() == {f"{name}{RUNS}" for name in ("web", "worker", "beat", "broker", "proxy")}
    web = {"command": "gunicorn config.wsgi", "port": 8000, "health": "/healthz", "connections": 2}
    first = triggers(engine.build("staging", broker="none", processes={"web": web}))
    for change in ({"replicas": 2}, {"memory": 300}, {"stopGrace": 31}, {"health": "/up"}):
        assert triggers(engine.build("staging", broker="none", processes={"web": web | change})) != first, change
    assert triggers(engine.build("staging")) == before


def test_what_serves_has_a_health_gate_that_asks_as_a_visitor_would(build: Build) -> None:
    check = container(build.one("docker.Service", "web"))["healthcheck"]
    probe = check["tests"][1]
    assert '"/healthz"' in probe
    assert build.exports["url"].removeprefix("https://") in probe
    assert '"X-Forwarded-Proto": "https"' in probe


def test_an_image_without_python_brings_a_health_command_of_its_own(engine: Engine) -> None:
    web = {"command": "/site", "port": 8000, "health": "/healthz", "healthCommand": "/site check 'a b'"}
    check = container(engine.build("staging", processes={"web": web}).one("docker.Service", "web"))["healthcheck"]
    assert check["tests"] == ["CMD", "/site", "check", "a b"]


def test_services_find_each_other_by_their_own_names(services: list[Resource]) -> None:
    for service in services:
        assert service.plain["name"] == service.name
        assert service.delete_before_replace is True, f"{service.name}: its successor has the same name"


def test_a_process_reads_its_environment_from_a_secret_and_becomes_its_command(build: Build) -> None:
    for service in build.services(of_the_image=True):
        spec = container(service)
        prelude = spec["commands"][2]
        assert re.fullmatch(r'set -a; \. (\S+); set \+a; exec "\$@"', prelude), service.name
        assert spec["secrets"][0]["fileName"] in prelude
    assert container(build.one("docker.Service", "web"))["args"][0] == "gunicorn"


def test_files_are_kept_in_volumes_that_processes_of_a_name_share(build: Build) -> None:
    mounts = {service.name: kept(service) for service in build.services(of_the_image=True)}
    assert mounts["web"] == mounts["worker"]
    assert mounts["web"] == [{"type": "volume", "source": "media", "target": "/app/media", "volumeOptions": {"noCopy": True}}]
    assert mounts["beat"] == []


def test_a_data_volume_has_one_owner(build: Build) -> None:
    names = [volume.plain["name"] for volume in build.all("docker.Volume")]
    assert len(names) == len(set(names)), names


def test_only_the_proxy_listens_on_the_host(services: list[Resource]) -> None:
    ports = {service.name: service.plain["endpointSpec"]["ports"] for service in services}
    proxy = ports.pop("proxy")
    assert not any(ports.values())
    assert {(port["protocol"], port["publishedPort"], port["publishMode"]) for port in proxy} == {
        ("tcp", 80, "host"),
        ("tcp", 443, "host"),
        ("udp", 443, "host"),
    }


def test_a_rotated_pull_credential_reaches_every_service_of_the_image(build: Build) -> None:
    """The swarm keeps the credential that a service was last changed with, so that a change must be one of the service too."""
    labels = [[label for label in s.plain["labels"] if label["label"] != "site.role"] for s in build.services(of_the_image=True)]
    assert all(label == labels[0] for label in labels)
    assert [label["label"] for label in labels[0]] == ["site.registry-login"]


def test_a_certificate_authority_reaches_the_processes_and_the_release(full: Build) -> None:
    for service in full.services(of_the_image=True):
        files = [secret["fileName"] for secret in container(service)["secrets"]]
        assert "/run/secrets/database-ca.crt" in files, service.name
    assert ":/run/secrets/database-ca.crt:ro" in full.one("command.Command", "release").plain["create"]


@pytest.mark.parametrize("kind", ["valkey", "rabbitmq"])
def test_the_brokers_service_knows_no_password_so_that_a_new_one_does_not_restart_it(engine: Engine, kind: str) -> None:
    build = engine.build("staging", broker=kind, serverSize="s-2vcpu-4gb")
    spec: dict[str, Any] = container(build.one("docker.Service", "broker"))
    assert "secrets" not in spec
    assert "canary13broker" not in str(spec)
    assert kind in build.one("command.Command", "broker-image").plain["triggers"][0]


@pytest.mark.parametrize(("size", "at_once"), [("s-1vcpu-2gb", 1), ("s-2vcpu-4gb", 3), ("s-8vcpu-16gb", 3)])
def test_replicas_are_rolled_together_where_the_droplet_holds_old_and_new(engine: Engine, size: str, at_once: int) -> None:
    web = {"command": "gunicorn config.wsgi", "port": 8000, "health": "/healthz", "replicas": 3, "memory": 320, "connections": 2}
    built = engine.build("staging", serverSize=size, broker="none", processes={"web": web})
    service = built.one("docker.Service", "web")
    assert service.plain["updateConfig"]["parallelism"] == at_once
    assert service.plain["rollbackConfig"]["parallelism"] == at_once
