"""What a container may do: nothing that it does not need."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.release import _USER
from tests.infra.build import Build, Resource, container
from tests.infra.engine import Engine
from tests.infra.test_host_scripts import of
from tests.infra.values import CHECKOUT, IMAGE, IMAGE_USER
from tests.programs import program

WEB = {"command": "gunicorn config.wsgi", "port": 8000, "health": "/healthz", "connections": 2}


def site(engine: Engine, **web: Any) -> Build:
    """Staging with one process, changed."""
    return engine.build("staging", broker="none", processes={"web": WEB | web})


def web(engine: Engine, **changed: Any) -> dict[str, Any]:
    """Its container."""
    return container(site(engine, **changed).one("docker.Service", "web"))


def tmpfs(spec: dict[str, Any]) -> list[str]:
    return [mount["target"] for mount in spec["mounts"] if mount["type"] == "tmpfs"]


@pytest.fixture(params=["staging", "production", "full"])
def services(request: pytest.FixtureRequest) -> list[Resource]:
    build: Build = request.getfixturevalue(request.param)
    return build.all("docker.Service")


def test_every_container_is_read_only_and_without_capabilities_and_not_roots(services: list[Resource]) -> None:
    for service in services:
        spec = container(service)
        assert spec["readOnly"] is True, service.name
        assert spec["capDrops"] == ["ALL"], service.name
        assert spec["user"].partition(":")[0] not in ("", "0", "root"), service.name
        assert tmpfs(spec) == ["/tmp"], service.name  # noqa: S108 - inside a container


def test_only_the_proxy_keeps_a_capability(services: list[Resource]) -> None:
    """The public image's program can't be started without it."""
    kept = {service.name: container(service)["capAdds"] for service in services if container(service).get("capAdds")}
    assert kept == {"proxy": ["NET_BIND_SERVICE"]}


def test_every_task_has_a_limit_of_processors_that_the_smallest_droplet_has(services: list[Resource]) -> None:
    limits = {service.name: service.plain["taskSpec"]["resources"]["limits"]["nanoCpus"] for service in services}
    assert limits == dict.fromkeys(limits, 10**9)


def test_processes_run_as_who_the_image_says_and_their_secrets_are_that_users_alone(build: Build, full: Build) -> None:
    for stack in (build, full):
        for service in stack.services(of_the_image=True):
            spec = container(service)
            assert spec["user"] == IMAGE_USER
            assert spec["env"]["HOME"] == "/tmp"  # noqa: S108 - inside a container
            for file in spec["secrets"]:
                assert (file["fileUid"], file["fileGid"], file["fileMode"]) == (*IMAGE_USER.split(":"), 0o400), service.name


def test_a_user_of_the_config_goes_before_the_images(engine: Engine) -> None:
    build = site(engine, user=4321, volumes={"media": "/media"})
    spec = container(build.one("docker.Service", "web"))
    assert spec["user"] == "4321:4321"
    assert {file["fileUid"] for file in spec["secrets"]} == {"4321"}
    assert "-exec chown --no-dereference 4321:4321" in build.one("command.Command", "media-owner").plain["create"]
    assert "--user 4321:4321" in build.one("command.Command", "release").plain["create"]


def test_what_an_image_needs_besides_is_said_by_its_process(engine: Engine) -> None:
    spec = web(engine, readOnly=False, user=0, capAdd=["SETUID", "SETGID"], tmpfs=["/var/cache/site"], cpus=0.5)
    assert (spec["readOnly"], spec["user"], spec["capAdds"]) == (False, "0:0", ["SETUID", "SETGID"])
    assert tmpfs(spec) == ["/tmp", "/var/cache/site"]  # noqa: S108 - inside a container
    assert "HOME" not in spec["env"]
    limits = site(engine, cpus=0.5).one("docker.Service", "web").plain["taskSpec"]["resources"]["limits"]
    assert limits["nanoCpus"] == 500_000_000


def test_a_volume_takes_the_place_of_a_folder_in_memory(engine: Engine) -> None:
    """What is too large for memory, like uploads, goes to the disk."""
    spec = web(engine, volumes={"scratch": "/tmp"})  # noqa: S108 - inside a container
    assert tmpfs(spec) == []


def test_a_folder_in_memory_has_an_end_below_the_processes_limit(services: list[Resource]) -> None:
    for service in services:
        limit = service.plain["taskSpec"]["resources"]["limits"]["memoryBytes"]
        for mount in container(service)["mounts"]:
            if mount["type"] == "tmpfs":
                assert mount["tmpfsOptions"] == {"sizeBytes": limit // 2}, service.name


def test_a_volume_is_given_to_who_uses_it_before_anything_is_mounted(build: Build) -> None:
    """Docker would else give an empty one the owner that the image's folder has."""
    for name, service, owner in (("media", "web", IMAGE_USER), ("proxy", "proxy", "10002:10002")):
        given = build.one("command.Command", f"{name}-owner")
        assert given.urn in build.before(build.one("docker.Service", service))
        assert owner in given.plain["triggers"]
        assert f"/var/lib/docker/volumes/{name}/_data" in given.plain["create"]
        [mount] = [found for found in container(build.one("docker.Service", service))["mounts"] if found.get("source") == name]
        assert mount["volumeOptions"] == {"noCopy": True}


def test_the_brokers_volume_keeps_the_owner_that_its_image_gives_it(build: Build) -> None:
    assert not [command.name for command in build.all("command.Command") if command.name == "broker-owner"]
    assert container(build.one("docker.Service", "broker"))["user"] == "valkey"


def test_the_release_command_is_confined_as_who_serves(staging: Build) -> None:
    script, _ = of(staging.one("command.Command", "release"))
    for words in ("--read-only", "--cap-drop ALL", f"--user {IMAGE_USER}", "no-new-privileges", "--tmpfs /tmp", "--pids-limit"):
        assert words in script


def test_the_image_is_asked_who_it_runs_as_once_it_is_there_and_before_anything_changes(staging: Build) -> None:
    asked = staging.one("command.Command", "release-user")
    assert staging.one("command.Command", "release-pull").urn in staging.before(asked)
    assert asked.urn in staging.before(staging.one("command.Command", "release"))
    assert asked.plain["stdin"] == _USER == (CHECKOUT / "infra" / "user.sh").read_text()
    script, _ = of(asked)
    assert script == f"sh -s - {IMAGE} 10001:10001 '' celery '' gunicorn", "each program is looked for once, whoever runs it"


_DOCKER = """#!/bin/sh
case $* in
  image*) echo "$OWN" ;;
  *'id -u'*) echo "$IS" ;;
  *"--user ${MAY:-} "*) exit 0 ;;
  *) exit 127 ;;
esac
"""


@pytest.mark.parametrize(
    ("own", "known", "user"),
    [
        ("", "", "10001:10001"),
        ("root", "", "10001:10001"),
        ("0", "", "10001:10001"),
        ("0:0", "", "10001:10001"),
        ("1000:1001", "", "1000:1001"),
        ("1000", "1000:0", "1000:0"),
        ("app", "998:997", "998:997"),
        ("app:web", "998:33", "998:33"),
        ("toor", "0:0", "10001:10001"),
    ],
)
def test_an_image_runs_as_its_own_user_unless_that_is_root(run_user: Any, own: str, known: str, user: str) -> None:
    ran = run_user("", "gunicorn", OWN=own, IS=known, MAY=user)
    assert (ran.returncode, ran.stdout) == (0, user), ran.stderr


def test_a_program_that_only_root_finds_is_said_before_anything_changes(run_user: Any) -> None:
    ran = run_user("", "gunicorn", OWN="root", MAY="0:0")
    assert ran.returncode == 1
    assert "gunicorn is in the image, but not for user 10001:10001" in ran.stderr
    assert "pulumi config set --path site:processes.NAME.user 0" in ran.stderr


def test_a_program_that_nobody_finds_is_no_matter_of_users(run_user: Any) -> None:
    """Its path may come from the site's environment."""
    assert run_user("", "gunicorn", OWN="root", MAY="nobody").returncode == 0


@pytest.fixture
def run_user(tmp_path: Path) -> Any:
    """Runs user.sh with a docker that only pretends."""
    program(tmp_path, "docker", _DOCKER)

    def run(*process: str, **told: str) -> subprocess.CompletedProcess[str]:
        words = ["sh", "-s", "-", IMAGE, "10001:10001", *process]
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", **told}
        return subprocess.run(words, input=_USER, env=environment, capture_output=True, text=True, check=False)

    return run
