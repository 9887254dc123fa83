"""The old value of a rotated secret, tried: it is refused, it still works, or nobody can tell."""

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ci.front_door import DoorError, FrontDoor
from ci.host import Host, HostError
from ci.old_value import OldValue, Trial
from rehearsal.cloud.world import RegistryUser
from tests.ci.running import EXPORTS, Running
from tests.ci.stage import Stage
from tests.ci.test_operators import made
from tests.cloud.gitlab_server import PATH
from tests.programs import program

pytestmark = pytest.mark.integration
OLD = "canary-kT9w2mQx7"
CONFIG: dict[str, Any] = {
    "site:broker": "valkey",
    "site:appProject": PATH,
    "site:databaseClientImage": "postgres:17",
    "site:generations": {"database": 2, "broker": 2, "ciKey": 2, "hostKey": 2, "deployKey": 2},
    "site:secretKey": "another-key",
    "site:secretKeyFallbacks": OLD,
    "site:secrets": {"STRIPE_KEY": OLD},
    "site:basicAuth": f"visitor:{OLD}",
    "site:stateSecretKey": OLD,
    "digitalocean:token": OLD,
    "gitlab:token": OLD,
}
_USER, _CLUSTER = "digitalocean:index/databaseUser:DatabaseUser", "digitalocean:index/databaseCluster:DatabaseCluster"
_PASSWORD, _KEY = "random:index/randomPassword:RandomPassword", "tls:index/privateKey:PrivateKey"
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOld"
RESOURCES: dict[str, dict[str, Any]] = {
    f"{_CLUSTER}::database": {"privateHost": "db.internal", "port": 25060.0},
    f"{_USER}::database-2": {"password": OLD},
    f"{_PASSWORD}::broker-2": {"result": OLD},
    f"{_KEY}::servers-ci-2": {"privateKeyOpenssh": f"{OLD}\n"},
    f"{_KEY}::servers-host-2": {"publicKeyOpenssh": f"{PUBLIC}\n"},
    f"{_KEY}::pipeline-deploy-2": {"publicKeyOpenssh": f"{PUBLIC}\n"},
}
LOGIN = {"address": "registry.gitlab.com", "username": "site-pull", "password": OLD}
# `run` and `exec` run what they are given here; `exec TASK cat FILE` is of a folder per task.
_DOCKER = r"""#!/bin/sh
echo "$*" >> "$STATE/calls"
case $1 in
  ps) [ -z "${PS:-}" ] || exit "$PS"; ls "$STATE/tasks" 2>/dev/null ;;
  exec) case $3 in cat) exec cat "$STATE/tasks/$2" ;; esac
    while [ "$1" != sh ]; do shift; done; exec "$@" ;;
  run) while [ "$1" != --entrypoint ]; do [ "$1" != --env ] || export "$2"; shift; done; shift 3; exec sh "$@" ;;
  inspect) for task; do :; done; echo "/$task" ;;
  login) echo "$DOCKER_CONFIG" > "$STATE/folder"; read -r given; cp "$STATE/says" "$DOCKER_CONFIG/config.json"; exec "$STATE/client" ;;
esac
"""
# Notes what it finds of the old value, where a client of this kind looks for it, and answers as it is told.
_CLIENT = r"""#!/bin/sh
echo "$0 $*" >> "$STATE/calls"
case ${0##*/} in psql) given=$PGPASSWORD ;; valkey-cli) given=$REDISCLI_AUTH ;; rabbitmqctl) read -r given ;; esac
echo "${given:-}" > "$STATE/given"
case ${0##*/} in rabbitmqctl) cat "$STATE/says" ;; *) cat "$STATE/says" >&2 ;; esac
exit "$(cat "$STATE/code")"
"""


@dataclass(frozen=True, kw_only=True)
class Machine(Host):
    """A host that is this machine, with clients that only pretend; `told` is more of its environment."""

    state: Path
    told: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, *, stdin: str = "", limit: float = 60) -> str:
        environment = {"PATH": f"{self.state}:/usr/bin:/bin", "STATE": str(self.state), "TMPDIR": str(self.state), **self.told}
        ran = subprocess.run(["bash", "-c", script], input=stdin, env=environment, capture_output=True, text=True, timeout=limit)
        if ran.returncode:
            raise HostError(f"{self.address}: {ran.stderr.strip() or ran.stdout.strip()}")
        return ran.stdout

    def says(self, text: str, code: int) -> None:
        """What every client answers from now on."""
        (self.state / "says").write_text(text)
        (self.state / "code").write_text(str(code))

    def runs(self, **files: str) -> None:
        """Tasks, each with the text of its environment's file."""
        (self.state / "tasks").mkdir(exist_ok=True)
        for task, text in files.items():
            (self.state / "tasks" / task).write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    program(tmp_path, "docker", _DOCKER)
    for name in ("psql", "valkey-cli", "rabbitmqctl", "client"):
        program(tmp_path, name, _CLIENT)
    for name in ("cat", "echo", "env", "grep", "printf", "sed", "tee"):
        program(tmp_path, name, f'#!/bin/sh\n\\echo "{name} $*" >> "$STATE/calls"\nexec {shutil.which(name)} "$@"\n')
    found = Machine(address="198.51.100.1", key="ssh-ed25519 NEW", state=tmp_path)
    found.says("", 0)
    return found


def old(name: str, *, finish: bool = False, login: dict[str, str] | None = None, **config: Any) -> OldValue:
    """As it is remembered before a rotation; `config` are flat keys."""
    deployment = Running(resources=RESOURCES, login=login or LOGIN, exported={**EXPORTS, "url": "https://site.example"})
    return OldValue.of(name, CONFIG | {f"site:{key}": value for key, value in config.items()}, deployment, finish=finish)


def tried(value: OldValue, host: Host) -> Trial:
    return value.tried(host, stack="staging", kept=False, ca_file=None)


WRONG_PASSWORD = 'psql: error: FATAL:  password authentication failed for user "site2"'


@pytest.mark.parametrize(
    ("says", "code", "refused"),
    [
        (WRONG_PASSWORD, 2, True),
        ('FATAL:  role "site2" does not exist', 2, True),
        ("", 0, False),
        ('psql: error: could not translate host name "db.internal" to address', 2, None),
    ],
)
def test_the_database_is_logged_in_to(machine: Machine, says: str, code: int, refused: bool | None) -> None:
    machine.says(says, code)
    trial = tried(old("database"), machine)
    assert (trial.refused, trial.how.partition(":")[0]) == (refused, "log in as site2")
    assert (machine.state / "given").read_text() == f"{OLD}\n"
    calls = (machine.state / "calls").read_text()
    for word in ("PGHOST=db.internal", "PGPORT=25060", "PGUSER=site2", "postgres:17"):
        assert word in calls
    assert OLD not in calls


@pytest.mark.parametrize(
    ("kind", "says", "code", "refused"),
    [
        ("valkey", "AUTH failed: WRONGPASS invalid username-password pair or user is disabled.", 1, True),
        ("valkey", "PONG", 0, False),
        ("valkey", "Could not connect to Valkey at 127.0.0.1:6379: Connection refused", 1, None),
        ("rabbitmq", "user\ttags\nsite3\t[]", 0, True),
        ("rabbitmq", "user\ttags\nsite2\t[]", 0, False),
        pytest.param(
            *("rabbitmq", "Error: unable to perform an operation on node 'rabbit@broker'", 69, None),
        ),
        pytest.param(
            *("valkey", "Error response from daemon: container 0123 is not running", 1, None),
        ),
    ],
)
def test_the_broker_is_logged_in_to(machine: Machine, kind: str, says: str, code: int, refused: bool | None) -> None:
    machine.runs(task="")
    machine.says(says, code)
    trial = tried(old("broker", broker=kind), machine)
    if kind == "valkey":
        assert (machine.state / "given").read_text() == f"{OLD}\n"
    assert OLD not in (machine.state / "calls").read_text()
    assert "site2" in trial.how
    assert trial.refused is refused


@pytest.mark.parametrize(
    ("says", "code", "refused"),
    [
        ("Error response from daemon: Get https://registry.gitlab.com/v2/: unauthorized: HTTP Basic: Access denied", 1, True),
        ("Login Succeeded", 0, False),
        ("dial tcp: lookup registry.gitlab.com: no such host", 1, None),
    ],
)
def test_the_registry_is_logged_in_to(machine: Machine, says: str, code: int, refused: bool | None) -> None:
    machine.says(says, code)
    assert tried(old("registry"), machine).refused is refused
    assert OLD not in (machine.state / "calls").read_text()


def test_a_login_to_the_registry_leaves_no_credential_on_the_host(machine: Machine) -> None:
    tried(old("registry"), machine)
    folder = Path((machine.state / "folder").read_text().strip())
    try:
        assert not folder.exists()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_what_opens_a_registry_of_digitalocean_is_ended_there_both_to_pull_and_to_push(stage: Stage, machine: Machine) -> None:
    users = {name: {"name": name, "password": name, "write": False, "expires_at": None} for name in ("pull", "push", "new")}
    with stage.site.store as store:
        store["registry_users"].update({f"digitalocean/{name}": user for name, user in users.items()})
    push = json.dumps({"auths": {"registry.digitalocean.com": {"auth": base64.b64encode(b"push:push").decode()}}})
    pushes = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
    deployment = Running(
        resources={f"{pushes}::registry-push-1": {"dockerCredentials": push}},
        login={"address": "registry.digitalocean.com", "username": "pull", "password": "pull"},
        exported={**EXPORTS, "image": "registry.digitalocean.com/acme/site@sha256:01"},
    )
    machine.says("unauthorized", 1)
    assert tried(OldValue.of("registry", {}, deployment), machine).refused is True
    assert stage.site.world.registry_users == [RegistryUser(name="new", password="new", write=False)]


@pytest.mark.parametrize(
    ("says", "code", "refused"),
    [
        ("deploy@198.51.100.1: Permission denied (publickey).", 255, True),
        ("", 0, False),
        ("ssh: connect to host 198.51.100.1 port 22: Connection timed out", 255, None),
    ],
)
def test_the_pipelines_key_is_the_only_one_that_ssh_has(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, says: str, code: int, refused: bool | None
) -> None:
    machine.says(says, code)
    looks = 'while [ "$1" != -i ]; do shift; done; stat -c %a "$2" > "$STATE/mode"; cp "$2" "$STATE/given"; echo "$2" > "$STATE/file"'
    program(machine.state, "ssh", _CLIENT.replace('echo "${given:-}" > "$STATE/given"', looks))
    monkeypatch.setenv("PATH", str(machine.state), prepend=os.pathsep)
    monkeypatch.setenv("STATE", str(machine.state))
    assert tried(old("ciKey"), machine).refused is refused
    assert ((machine.state / "given").read_text(), (machine.state / "mode").read_text()) == (f"{OLD}\n", "600\n")
    assert not Path((machine.state / "file").read_text().strip()).exists()
    calls = (machine.state / "calls").read_text()
    for word in ("IdentitiesOnly=yes", "IdentityAgent=none", "ssh-ed25519 NEW", "StrictHostKeyChecking=yes"):
        assert word in calls
    assert OLD not in calls


@pytest.mark.parametrize(
    ("host_key", "says", "refused"),
    [("NEW", "", True), (PUBLIC, "", False), (PUBLIC, ["ssh: connect to host: Connection timed out"], None)],
)
def test_a_host_with_the_old_key_is_not_believed_any_more(stage: Stage, host_key: str, says: Any, refused: bool | None) -> None:
    stage.answer(hostKey=host_key, host={"true": says})
    host = Host(address="203.0.113.10", key="ssh-ed25519 NEW")
    assert tried(old("hostKey"), host).refused is refused


@pytest.mark.parametrize("there", [False, True])
def test_the_deploy_key_is_looked_for_in_the_apps_project(stage: Stage, machine: Machine, there: bool) -> None:
    new, former = (made(machine.state, name) for name in ("new", "former"))
    for title, key in {"new": new, **({"former": former.replace(" former", " as GitLab calls it")} if there else {})}.items():
        stage.site.project().keys.create({"title": title, "key": key})
    assert tried(replace(old("deployKey"), values={"public": former}), machine).refused is not there


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("name", ["digitalocean:token", "gitlab:token"])
def test_a_token_that_its_api_refuses_is_refused(machine: Machine, name: str) -> None:
    assert tried(old(name), machine) == Trial(name, True, "ask the API with it: 401")


def test_a_token_that_works_on_is_told_with_where_a_person_ends_it(stage: Stage, machine: Machine) -> None:
    value = replace(old("digitalocean:token"), values={"value": "dop_v1_of_the_test"})
    trial = tried(value, machine)
    assert trial.refused is None
    assert "it still works; end it yourself: https://cloud.digitalocean.com/account/api/tokens" in trial.how
    assert stage.site.calls.show()["calls"]


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (DoorError("https://site.example/ answers 401: "), True),
        (None, False),
        (DoorError("https://site.example/ answers 502: "), None),
        (DoorError("https://site.example/ at 203.0.113.9: reset"), None),
    ],
)
def test_the_site_is_visited_with_the_old_password(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, error: DoorError | None, refused: bool | None
) -> None:
    asked = []

    def ask(door: FrontDoor, headers: dict[str, str]) -> bytes:
        asked.append((door.url, door.address, base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()))
        if error:
            raise error
        return b"ok"

    monkeypatch.setattr(FrontDoor, "ask", ask)
    assert tried(old("basicAuth"), machine).refused is refused
    assert asked == [("https://site.example/", "203.0.113.9", f"visitor:{OLD}")], "not the health check, which is open"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (OLD, OLD),
        ('it\'s "odd" & <100 %> \\ x', """'it'"'"'s "odd" & <100 %> \\ x'"""),
        ("-e", "-e"),
        ("a.c", "a.c"),
        ("'quoted", "''\"'\"'quoted'"),
    ],
)
def test_what_runs_is_searched_for_a_value_of_the_sites_own(machine: Machine, value: str, line: str) -> None:
    machine.runs(web=f"STRIPE_KEY={line}\n", proxy="")
    trial = tried(old("secrets.STRIPE_KEY", secrets={"STRIPE_KEY": value}), machine)
    assert trial.refused is False
    assert trial.how.endswith("/web")


def test_what_nobody_who_runs_has_is_refused(machine: Machine) -> None:
    machine.runs(web="STRIPE_KEY=abc\nOTHER='canary'\n", proxy="")
    assert tried(old("secrets.STRIPE_KEY"), machine).refused is True
    assert tried(old("secrets.STRIPE_KEY", secrets={"STRIPE_KEY": "a.c"}), machine).refused is True


def test_what_is_searched_for_is_on_no_command_line(machine: Machine) -> None:
    machine.runs(web="STRIPE_KEY=another\n")
    tried(old("secrets.STRIPE_KEY"), machine)
    assert OLD not in (machine.state / "calls").read_text()


def test_a_block_is_searched_for_as_a_whole(machine: Machine) -> None:
    before, now = (f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n" for key in ("MIIEold", "MIIEnew"))
    machine.runs(web=f"JWT='{now}'\n")
    assert tried(old("secrets.STRIPE_KEY", secrets={"STRIPE_KEY": before}), machine).refused is True
    machine.runs(web=f"JWT='{before}'\n")
    assert tried(old("secrets.STRIPE_KEY", secrets={"STRIPE_KEY": before}), machine).refused is False


def test_tasks_that_cannot_be_listed_are_not_searched(machine: Machine) -> None:
    machine.runs(web=f"STRIPE_KEY={OLD}\n")
    assert tried(old("secrets.STRIPE_KEY"), replace(machine, told={"PS": "1"})).refused is None


def test_a_host_that_cannot_be_asked_says_nothing_about_the_value(stage: Stage) -> None:
    stage.answer(host=None)
    assert tried(old("secrets.STRIPE_KEY"), Host(address="203.0.113.10", key="ssh-ed25519 NEW")).refused is None


def test_a_finished_secret_key_is_the_former_one(machine: Machine) -> None:
    machine.runs(web="SECRET_KEY=another-key\n")
    value = old("secretKey", finish=True)
    assert value.values == {"value": OLD}
    assert tried(value, machine).refused is True


def test_a_secret_key_that_is_kept_opens_sessions_until_it_is_finished(machine: Machine) -> None:
    trial = old("secretKey").tried(machine, stack="staging", kept=True, ca_file=None)
    assert trial == Trial("secretKey", None, "still opens sessions, until: python -m ci rotate secretKey --finish --stack staging")


def test_the_key_of_the_states_bucket_is_ended_where_the_bucket_is(machine: Machine) -> None:
    trial = tried(old("stateSecretKey"), machine)
    assert trial.refused is None
    assert "end it where the bucket is" in trial.how


@pytest.mark.parametrize(
    "name", ["database", "broker", "ciKey", "registry", "secretKey", "basicAuth", "secrets.STRIPE_KEY", "gitlab:token"]
)
def test_no_old_value_is_shown(name: str) -> None:
    assert OLD not in repr(old(name))
