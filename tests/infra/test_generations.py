"""Generations: raising one makes a new credential beside the old, and touches what uses it and nothing else."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from infra.generations import numbered
from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.infra.test_changes import touched
from tests.infra.values import OPERATOR_KEY
from tests.programs import program

KINDS = ("database", "broker", "registry", "ciKey", "deployKey", "hostKey")


def raised(engine: Engine, **generations: int) -> Build:
    return engine.build("staging", generations=generations)


def names(build: Build) -> set[str]:
    return {f"{resource.type} {resource.name}" for resource in build.resources.values()}


def test_the_first_generation_is_named_as_what_had_none() -> None:
    assert [numbered("servers-host", number) for number in (1, 2)] == ["servers-host", "servers-host-2"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_below_one_is_refused(engine: Engine, kind: str) -> None:
    with pytest.raises(Exception, match=rf"site:generations\.{kind}"):
        raised(engine, **{kind: 0})


def test_an_unknown_credential_is_refused(engine: Engine) -> None:
    with pytest.raises(Exception, match=r"site:generations\.databse"):
        raised(engine, databse=2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_holds_data_or_serves_is_never_replaced(engine: Engine, staging: Build, kind: str) -> None:
    gone = names(staging) - names(raised(engine, **{kind: 2}))
    holds = ("Droplet", "DatabaseCluster", "DatabaseDb", "Volume", "Service", "Network", "ReservedIp", "Firewall", "Provider")
    assert not [name for name in gone if any(f":{word} " in name for word in holds)]
    assert {service.name for service in raised(engine, **{kind: 2}).all("docker.Service")} == {
        service.name for service in staging.all("docker.Service")
    }


def test_another_login_is_another_user_of_the_same_cluster_whose_rights_are_prepared_first(engine: Engine) -> None:
    build = raised(engine, database=2)
    assert build.one("digitalocean.DatabaseUser").plain["name"] == "site2"
    schema = build.one("command.Command", "schema")
    assert "LOGIN=site2" in schema.plain["create"]
    assert schema.urn in build.before(build.one("command.Command", "release"))


@pytest.mark.parametrize("kind", ["valkey", "rabbitmq"])
def test_another_user_of_the_broker_leaves_its_service_as_it_is(engine: Engine, kind: str) -> None:
    before = engine.build("staging", broker=kind, serverSize="s-2vcpu-4gb")
    after = engine.build("staging", broker=kind, serverSize="s-2vcpu-4gb", generations={"broker": 2})
    assert before.one("docker.Service", "broker").plain == after.one("docker.Service", "broker").plain
    user = after.one("command.Command", "broker-2")
    assert "site2" in user.plain["create"]
    assert "site2" in user.plain["delete"]
    assert "canary13broker" not in user.plain["create"]
    assert user.urn in after.before(after.one("docker.Service", "web")), "nobody is sent to a user that is not there"


def test_a_host_is_given_its_new_key_by_who_knows_the_one_before(engine: Engine) -> None:
    build = raised(engine, hostKey=3)
    change = build.one("command.Command", "servers-host-3")
    contact = shlex.split(change.plain["create"])
    known = next(word for word in contact if word.startswith("KnownHostsCommand="))
    assert known.count("ssh-ed25519") == 2
    assert "servers-host-3" in change.plain["stdin"]
    others = [c for c in build.all("command.Command") if c.plain["create"].startswith("ssh ") and c.name != change.name]
    assert {c.plain["create"].count("ssh-ed25519 AAAA") for c in others if not c.name.startswith("servers-access")} == {1}
    assert all(change.urn in build.before(command) for command in others)
    assert build.exports["hostKey"].startswith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIservers-host-3")


@pytest.mark.parametrize(("kind", "variable"), [("ciKey", "SSH_KEY"), ("deployKey", "DEPLOY_KEY")])
def test_the_pipeline_gets_a_key_once_it_opens_something(engine: Engine, kind: str, variable: str) -> None:
    build = raised(engine, **{kind: 2})
    before = build.before(build.one("gitlab.ProjectVariable", variable))
    opener = build.one("command.Command", "servers-access-ci-2") if kind == "ciKey" else build.one("gitlab.DeployKey", "pipeline-2")
    assert opener.urn in before


def test_everything_on_a_host_waits_for_the_keys_so_that_a_key_leaves_it_last(build: Build) -> None:
    keys = {c.urn for c in build.all("command.Command") if c.name.startswith("servers-access")}
    assert len(keys) == 2
    for command in build.all("command.Command"):
        if command.plain["create"].startswith("ssh ") and command.urn not in keys:
            assert keys <= build.before(command), command.name


def test_a_key_is_added_once_and_taken_out_whatever_its_comment_says(build: Build, tmp_path: Path) -> None:
    file = tmp_path / ".ssh" / "authorized_keys"
    file.parent.mkdir()
    file.write_text(f"ssh-ed25519 AAAAother somebody\n{OPERATOR_KEY} renamed\n")
    own = next(c for c in build.all("command.Command") if c.name.startswith("servers-access-") and OPERATOR_KEY in c.plain["create"])

    def run(command: str) -> None:
        script = shlex.split(command)[-1]
        subprocess.run(["sh", "-c", script], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True)

    run(own.plain["create"])
    assert file.read_text().count(OPERATOR_KEY.split()[1]) == 1
    run(own.plain["delete"])
    assert file.read_text() == "ssh-ed25519 AAAAother somebody\n"
    run(own.plain["create"])
    assert file.read_text().endswith(f"\n{OPERATOR_KEY}\n")
    assert file.stat().st_mode & 0o77 == 0


def test_a_registrys_next_credential_is_made_beside_the_old(engine: Engine, staging: Build) -> None:
    build = raised(engine, registry=2)
    token = build.one("gitlab.ProjectDeployToken")
    assert (token.name, token.plain["name"]) == ("registry-2", "pull-staging-2")
    assert json.loads(build.one("pulumi.docker").plain["registryAuth"])
    assert {name for name in touched(staging, build) if "Service" in name} <= {
        "docker.Service web",
        "docker.Service worker",
        "docker.Service beat",
    }


@pytest.mark.parametrize("kind", ["valkey", "rabbitmq"])
def test_the_brokers_commands_name_the_user_and_are_spelt_as_the_broker_knows_them(engine: Engine, kind: str) -> None:
    user = engine.build("staging", broker=kind, serverSize="s-2vcpu-4gb", generations={"broker": 7}).one("command.Command", "broker-7")
    words = {"valkey": ("ACL SETUSER site7 ", "ACL DELUSER site7"), "rabbitmq": ("ctl add_user site7 ", "delete_user site7")}[kind]
    assert words[0] in user.plain["create"]
    assert words[1] in user.plain["delete"]


@pytest.mark.parametrize("name", ["schema-login", "broker"])
def test_an_old_login_goes_when_the_tasks_that_had_it_have_ended(build: Build, name: str, tmp_path: Path) -> None:
    """An update is done while they still end what they have begun."""
    left = build.one("command.Command", name)
    program(
        tmp_path,
        "docker",
        """#!/bin/sh
        echo "$*" >> "$0.calls"
        case "$*" in
          "service ls --quiet") echo web ;;
          "service ps"*) [ "$(grep -c "service ps" "$0.calls")" -gt 2 ] || echo "Running 9 seconds ago" ;;
          ps*) echo broker-task ;;
        esac
        """,
    )
    program(tmp_path, "sleep", "#!/bin/sh\n")
    script = shlex.split(left.plain["delete"])[-1]
    subprocess.run(["sh", "-c", script], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
    calls = (tmp_path / "docker.calls").read_text().splitlines()
    assert sum(call.startswith("service ps") for call in calls) == 3
    assert [call for call in calls if call.startswith("exec")] == ([calls[-1]] if name == "broker" else []), "and then the user goes"
    if name == "schema-login":
        assert build.one("digitalocean.DatabaseUser").urn in build.before(left)
