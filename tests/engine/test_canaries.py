"""No secret stands in clear but where it has to: a stack's life, and then a search of all that it left behind, with a leak in each place.

Not looked at: memory, and with it the environment of processes (the CLI hands the config to the program there, and reads the passphrase);
command lines of processes that live for less than 50 ms; what a plain `pulumi up` prints of a command that echoes its own secrets, which
`python -m ci up` masks; and job logs in GitLab, which masks its variables by itself.
"""

import base64
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from infra.environment import ENV_FILE
from infra.host import USER, ssh_options
from rehearsal import sample
from rehearsal.host import Host
from rehearsal.stack import Stack
from rehearsal.up import wait_for_answer
from rehearsal.world.engine import LABEL, docker_cli
from rehearsal.world.names import IMAGE as CLOUD
from tests.canaries import COMMAND_LINES, Content, Hit, Scanner, archived, files, watched
from tests.engine.cli import LIMIT, Driven

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
PRIVATE_KEY = "tls:index/privateKey:PrivateKey"
GENERATED = {
    "digitalocean:index/databaseCluster:DatabaseCluster": ("password", "uri"),
    "digitalocean:index/databaseUser:DatabaseUser": ("password",),
    "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials": ("dockerCredentials",),
    "random:index/randomPassword:RandomPassword": ("result",),
    PRIVATE_KEY: ("privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"),
    "docker:index/secret:Secret": ("data",),
}
"""Outputs that nobody may read, by type."""
ALLOWED = {
    ("servers-host.*", "droplet:/etc/ssh/ssh_host_ed25519_key"): "sshd proves with it who the host is",
    ("servers-boot.*", "droplet:/(var/lib/cloud|run/cloud-init)/.*"): "the user data; it is worthless after the first connection",
    # https://github.com/moby/swarmkit/blob/master/agent/storage.go
    ("registry.*", "verbose logs"): "DigitalOcean's credential is written there, also with -v=4: the README says so",
    ("registry.*", "droplet:/var/lib/docker/swarm/worker/tasks.db"): "Docker pulls with it when a task starts anew; root alone can read it",
}
"""Which secret may be where, and why."""
LEAKS = (
    *("workspace:leak", "the stand-ins: requests", "the stand-ins: rehearsal-leak", "processes:here", "processes:droplet"),
    *("droplet: containers", "droplet: images", "droplet: history", "droplet: logs", "droplet: journal", "image:.*", "container:.*/leak"),
    *("droplet:/tmp/leak", "droplet:/home/deploy/leak", "droplet:/var/log/leak.gz", "droplet:/var/lib/docker/containers/.*"),
)
"""Where one is planted."""
_EACH = "sort --unique | xargs --no-run-if-empty"
LOOKS = {
    **{
        f"{kind}s": f"docker {kind} ls --quiet | {_EACH} docker {kind} inspect"
        for kind in ("service", "node", "network", "volume", "secret")
    },
    "containers": f"docker ps --all --quiet | {_EACH} docker inspect",
    "tasks": f"docker service ls --quiet | {_EACH} docker service ps --quiet | {_EACH} docker inspect --type task",
    "images": f"docker image ls --quiet | {_EACH} docker image inspect",
    "history": f"docker image ls --quiet | {_EACH} --max-args=1 docker history --no-trunc",
    "logs": f"docker ps --all --quiet | {_EACH} --max-args=1 docker logs 2>&1",
    "journal": "sudo journalctl --all --no-pager",
}
"""What the droplet is asked. A container may end between a list and the question, which is no error."""
# All but what packages and images brought. What Docker keeps in memory is another file system: the secrets of its tasks.
DISKS = """sudo tar --create --directory=/ --one-file-system --ignore-failed-read --exclude=./usr --exclude=./var/lib/docker/overlay2 \
  . ./run ./tmp ./dev/shm ./var/lib/docker"""
WRITTEN = """docker ps --all --quiet | xargs docker inspect --format '{{.GraphDriver.Data.UpperDir}}' |
  sudo tar --create --absolute-names --ignore-failed-read --files-from=-"""
PLANT = """set -eu
read -r leak
echo "$leak" | tee /tmp/leak > ~/leak
echo "$leak" | gzip | sudo tee /var/log/leak.gz > /dev/null
echo "$leak" | logger
tar --create --directory=/tmp leak | docker import --change "LABEL leak=$leak" --message "$leak" - leak > /dev/null
docker run --detach --name leak --env "LEAK=$leak" --user 0 --entrypoint sh IMAGE -c 'echo "$LEAK"; echo "$LEAK" > /leak; exec sleep 600'"""
REMOVE = "docker rm --force leak; docker rmi --force leak; sudo rm -f /tmp/leak ~/leak /var/log/leak.gz"


def token() -> str:
    return secrets.token_hex(24)


def opened(value: Any) -> Any:
    """What a secret of an exported state holds."""
    return opened(json.loads(value["plaintext"])) if isinstance(value, dict) and "plaintext" in value else value


def password(docker_config: str) -> str:
    """Of a Docker config's only entry."""
    entry = next(iter(json.loads(docker_config)["auths"].values()))
    return base64.b64decode(entry["auth"]).decode().partition(":")[2]


def configured(stack: Driven) -> dict[str, str]:
    """Give every secret of the config a value of its own; gives them all by name, with those that were there."""
    own = {"STRIPE_KEY": token(), "ODD": f'it\'s "odd" & <100 %> \\ {token()}'}
    keys = ("site:secretKeyFallbacks", "site:stateAccessKey", "site:stateSecretKey")
    given = {"site:secretKey": token() + token(), "site:basicAuth": token(), **{key: token() for key in keys}}
    for key, value in given.items():
        stack.set(key, f"visitor:{value}" if key == "site:basicAuth" else value)
    stack.set("site:secrets", own)
    stack.config = replace(stack.config, secret_keys=sorted({*stack.config.secret_keys, *given, "site:secrets"}))
    known = {key: stack.config.values[key] for key in stack.config.secret_keys if key not in given and key != "site:secrets"}
    return known | given | own | {"passphrase": stack.workspace.environment["PULUMI_CONFIG_PASSPHRASE"]}


def generated(stack: Driven) -> dict[str, str]:
    """What the program and the cloud made, by the name of the resource and its output."""
    found, resources = {}, stack.resources()
    assert {resource["type"] for resource in resources} >= GENERATED.keys()
    for resource in resources:
        for output in GENERATED.get(resource["type"], ()):
            value = opened(resource["outputs"][output])
            found[f"{resource['urn'].rpartition('::')[2]} {output}"] = password(value) if output == "dockerCredentials" else value
    return found


def rotated(stack: Driven) -> str:
    value = token()
    stack.set("site:secrets", stack.get("site:secrets") | {"STRIPE_KEY": value})
    return value


def pulumi(stack: Driven, *words: str) -> str:
    """All that the CLI prints."""
    cli = stack.workspace.prepare(stack.config)
    command = ["pulumi", *words, "--non-interactive", "--color=never", f"--stack={cli.stack}"]
    done = subprocess.run(command, cwd=cli.folder, env={**cli.environment}, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, f"pulumi {words[0]} ended with {done.returncode}"
    return done.stdout + done.stderr


def echoing(stack: Driven) -> str:
    """All that a release prints whose check and command show its secrets, and fail."""
    for key in ("site:checkCommand", "site:releaseCommand"):
        stack.set(key, 'echo "$STRIPE_KEY $ODD $SECRET_KEY $DATABASE_URL $BROKER_URL" >&2; false')
    repository = stack.config.values["site:image"].partition("@")[0]
    image = sample.push_another(home=stack.workspace.home, repository=repository)
    stack.workspace.prepare(stack.config)
    done = stack.ci("up", "--image", image)
    assert done.returncode == 1
    assert "[secret]" in done.stdout, "it was told what the check said"
    assert "[secret]" in done.stderr, "it was told what the command said"
    return done.stdout + done.stderr


@dataclass(frozen=True)
class Life:
    """A stack that was made and changed: its secrets by name, what was `told` meanwhile, and where secrets were found afterwards."""

    stack: Driven
    host: Host
    folder: Path
    began: float
    leak: str
    secrets: dict[str, str]
    told: dict[str, Content]

    def places(self) -> Iterator[tuple[str, Content]]:
        """All that is left of it: on this machine, at the stand-ins, and on the droplet."""
        workspace = self.stack.workspace
        yield from self.told.items()
        for words in (("stack", "export"), ("stack", "output", "--json"), ("stack", "history", "--json"), ("config", "--json")):
            yield f"pulumi {' '.join(words)}", workspace.cli.run(*words)
        logs = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "logs"
        for name, found in (
            ("workspace", files(workspace.folder)),
            ("processes", files(self.folder)),
            ("cli", files(logs, since=self.began)),
        ):
            yield from ((f"{name}:{path}", content) for path, content in found)
        yield "the stand-ins: requests", workspace.home.log.read_text()
        for name in docker_cli("ps", "--all", f"--filter=label={LABEL}", "--format={{.Names}}").split():
            yield f"the stand-ins: {name}", subprocess.check_output(["docker", "logs", name], stderr=subprocess.STDOUT, timeout=LIMIT)
        for name, script in LOOKS.items():
            yield f"droplet: {name}", self.asked(f"{script} || true")
        save = f"docker save $(docker image inspect --format '{{{{.Id}}}}' leak {self.stack.config.values['site:image']})"
        # 1: a file changed while it was read.
        for name, script in (("droplet", DISKS), ("container", WRITTEN), ("image", save)):
            for path, content in archived(self.host.command(script), self.host.environment, fine=(0, 1)):
                yield f"{name}:{path.removeprefix('.')}", content

    def asked(self, script: str) -> bytes:
        """What a shell on the droplet prints."""
        return subprocess.check_output(self.host.command(script), env=self.host.environment, stdin=subprocess.DEVNULL, timeout=LIMIT)

    def plant(self) -> None:
        workspace = self.stack.workspace
        (workspace.folder / "leak").write_text(self.leak)
        with workspace.home.log.open("a") as log:
            log.write(f"{self.leak}\n")
        docker_cli("run", "--network=none", "--name=rehearsal-leak", f"--label={LABEL}=leak", CLOUD, "echo", self.leak)
        self.host.output(PLANT.replace("IMAGE", self.stack.config.values["site:image"]), stdin=f"{self.leak}\n")

    def remove(self) -> None:
        (self.stack.workspace.folder / "leak").unlink(missing_ok=True)
        subprocess.run(["docker", "rm", "--force", "rehearsal-leak"], capture_output=True, timeout=LIMIT)
        self.host.output(REMOVE)


@pytest.fixture(scope="module")
def life(stack: Driven, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Made, changed in each way that tells something, and with leaks planted; they are removed at the end."""
    began, leak, known = time.time(), token(), configured(stack)
    told: dict[str, Content] = {}
    folder, plan = tmp_path_factory.mktemp("processes"), tmp_path_factory.mktemp("plan") / "plan.json"
    with watched([sys.executable, "-c", COMMAND_LINES], os.environ, folder / "here"):
        stack.up()
        host = Host(stack.workspace.home, stack.workspace.stack)
        wait_for_answer(Stack(stack.workspace.stack, stack.workspace.home))
        there = host.command(f"sudo python3 -c {shlex.quote(COMMAND_LINES)}")
        waiting = host.command(f"read -r _ # {leak}")
        with (
            watched(there, host.environment, folder / "droplet"),
            subprocess.Popen(waiting, env=host.environment, stdin=subprocess.PIPE),
        ):
            known["STRIPE_KEY, the second"] = rotated(stack)
            told["preview"] = pulumi(stack, "preview", "--diff", f"--save-plan={plan}")
            told["plan"] = plan.read_bytes()
            told["diff"] = pulumi(stack, "up", "--yes", "--skip-preview", "--diff")
            known["STRIPE_KEY, the third"] = rotated(stack)
            told["verbose logs"] = pulumi(stack, "up", "--yes", "--skip-preview", "-v=4", "--logtostderr", "--logflow")
            told["job log"] = echoing(stack)
            told["events"] = stack.said
    life = Life(stack, host, folder, began, leak, known | generated(stack), told)
    try:
        life.plant()
        yield life
    finally:
        life.remove()


@pytest.fixture(scope="module")
def hits(life: Life) -> list[Hit]:
    return Scanner(life.secrets | {"leak": life.leak}).scan(life.places())


def test_each_planted_leak_is_found(hits: list[Hit]) -> None:
    found = {hit.place for hit in hits if hit.secret == "leak"}
    assert [place for place in LEAKS if not any(re.fullmatch(place, name) for name in found)] == []


def test_no_secret_stands_in_clear_but_where_it_has_to(hits: list[Hit]) -> None:
    assert [hit for hit in hits if hit.secret != "leak" and not any(covers(allowed, hit) for allowed in ALLOWED)] == []


def test_what_is_allowed_is_there(hits: list[Hit]) -> None:
    assert [allowed for allowed in ALLOWED if not any(covers(allowed, hit) for hit in hits)] == []


def covers(allowed: tuple[str, str], hit: Hit) -> bool:
    secret, place = allowed
    return bool(re.fullmatch(secret, hit.secret) and re.fullmatch(place, hit.place))


def test_what_was_searched_is_what_was_meant(life: Life) -> None:
    assert "environment" in str(life.told["preview"])
    assert "environment" in str(life.told["diff"])
    assert len(str(life.told["verbose logs"]).splitlines()) > 1000
    assert b"docker:index/service:Service" in b"".join(content for _, content in files(life.stack.workspace.state))


def test_what_shows_secrets_on_purpose_is_found(life: Life, tmp_path: Path) -> None:
    """So the search knows how the CLI writes them. With -v=9 it logs each value of its own calls: the README says so."""
    plan = tmp_path / "plan.json"
    shown = {"shown": rotated(life.stack)}
    logs = pulumi(life.stack, "preview", f"--save-plan={plan}", "--show-secrets", "-v=9", "--logtostderr", "--logflow")
    assert {hit.place for hit in Scanner(shown).scan({"logs": logs, "plan": plan.read_text()})} == {"logs", "plan"}


def test_a_task_has_its_secrets_in_memory_only(life: Life) -> None:
    task = "docker exec $(docker ps --quiet --filter label=com.docker.swarm.service.name=web | head -n 1)"
    assert life.asked(f"{task} stat --file-system --format %T {ENV_FILE}").strip() == b"tmpfs"
    found = {hit.secret for hit in Scanner(life.secrets).scan({"file": life.asked(f"{task} cat {ENV_FILE}")})}
    assert found >= {"site:secretKey", "ODD", "STRIPE_KEY, the third", "database-1 password", "broker result"}


def test_user_data_holds_the_boot_key_and_no_other_secret(life: Life) -> None:
    data = life.asked("sudo cat /var/lib/cloud/instance/user-data.txt")
    assert {hit.secret.split()[0] for hit in Scanner(life.secrets).scan({"user data": data})} == {"servers-boot"}


def test_the_boot_key_is_worthless_after_the_first_connection(life: Life) -> None:
    def connected(name: str) -> "subprocess.CompletedProcess[str]":
        """With a host that proves to have this key, and no other."""
        keys = [found for found in life.stack.resources() if found["type"] == PRIVATE_KEY and f"::{name}" in found["urn"]]
        options = ssh_options(life.host.address, [opened(keys[0]["outputs"]["publicKeyOpenssh"])])
        command = ["ssh", *options, f"{USER}@{life.host.address}", "true"]
        return subprocess.run(command, env=life.host.environment, capture_output=True, text=True, timeout=60)

    refused = connected("servers-boot")
    assert (refused.returncode, "Host key verification failed" in refused.stderr) == (255, True)
    assert connected("servers-host").returncode == 0
