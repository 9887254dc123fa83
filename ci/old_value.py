"""The old value of a rotated secret, tried where it once opened something: it has to be refused."""

import base64
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ci import api_tokens, credentials
from ci.deployment import Deployment
from ci.front_door import DoorError, FrontDoor
from ci.gitlab import GitLab
from ci.host import Host, HostError
from ci.registry_tags import in_digitalocean
from infra.environment import ENV_FILE
from infra.generations import numbered
from infra.host import USER, ssh_options
from infra.pull import basic

_USER, _CLUSTER = "digitalocean:index/databaseUser:DatabaseUser", "digitalocean:index/databaseCluster:DatabaseCluster"
_PASSWORD, PRIVATE_KEY = "random:index/randomPassword:RandomPassword", "tls:index/privateKey:PrivateKey"
_PSQL = "read -r PGPASSWORD; export PGPASSWORD; exec psql -qXAtc 'SELECT 1'"
_BROKER = {
    "valkey": "read -r REDISCLI_AUTH; export REDISCLI_AUTH; exec valkey-cli -e --user USER --no-auth-warning ping",
    # It tries a password only at its prompt, which waits for ever at a pipe.
    "rabbitmq": "users=$(rabbitmqctl -q list_users </dev/null) || exit; "
    "! printf '%s\\n' \"$users\" | cut -f 1 | grep -qx USER || exit 0; echo 'no user USER'; exit 1",
}
# The user's name is in the process list: at DigitalOcean, where it is a secret, it has been revoked before.
_LOGIN = """DOCKER_CONFIG=$(mktemp -d /dev/shm/login.XXXXXX); export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
docker login --username {user} --password-stdin {address} 2>&1"""
# The shell compares by itself: as a word of grep's, the value would be in the process list.
_LOOK = f"""value=$(cat); tasks=$(docker ps --quiet --filter label=com.docker.swarm.service.name) || exit
for task in $tasks; do
  case $(docker exec "$task" cat {ENV_FILE} 2>/dev/null) in *"$value"*) docker inspect --format '{{{{.Name}}}}' "$task" ;; esac
done"""


@dataclass(frozen=True)
class Trial:
    """What became of an old value. `refused` is None where that can't be known from here; `how` says how it was tried."""

    name: str
    refused: bool | None
    how: str


@dataclass(frozen=True, kw_only=True)
class OldValue:
    """One, remembered before a rotation. `exports` are the stack's of then, `values` what is needed to try it; no repr shows them."""

    name: str
    config: Mapping[str, Any] = field(repr=False)
    exports: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, name: str, config: Mapping[str, Any], deployment: Deployment, *, finish: bool = False) -> "OldValue":
        """As it is now, in the state or in the config."""
        number = credentials.generation(name, config)

        def told(type: str, logical: str) -> Mapping[str, str]:
            return deployment.outputs(type, logical)

        values: Mapping[str, str]
        match name:
            case "database":
                cluster, user = told(_CLUSTER, "database"), told(_USER, f"database-{number}")
                values = {"host": cluster["privateHost"], "port": str(int(float(cluster["port"]))), "password": user["password"]}
            case "broker":
                values = {"password": told(_PASSWORD, numbered("broker", number))["result"]}
            case "registry":
                values = deployment.pull_login() or {}
                if in_digitalocean(str(config.get("site:image") or deployment.exports().get("image"))):
                    pushes = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
                    told_push = deployment.outputs(pushes, f"registry-push-{number}").get("dockerCredentials", "")
                    values = {**values, "push": basic(told_push)[1] if told_push else ""}
            case "ciKey":
                values = {"private": told(PRIVATE_KEY, numbered("servers-ci", number))["privateKeyOpenssh"]}
            case "hostKey":
                values = {"public": told(PRIVATE_KEY, numbered("servers-host", number))["publicKeyOpenssh"].strip()}
            case "deployKey":
                values = {"public": told(PRIVATE_KEY, numbered("pipeline-deploy", number))["publicKeyOpenssh"].strip()}
            case _:
                key = "site:secretKeyFallbacks" if finish else ""
                values = {"value": str(config.get(key) if key else credentials.value(name, config))}
        return cls(name=name, config=config, exports=deployment.exports(), values=values)

    def tried(self, host: Host, *, stack: str, kept: bool, ca_file: str | None) -> Trial:
        """Try it; `kept` says that it is meant to work a while longer. `host` is the stack's, as it is reached now. Raises HostError."""
        if kept:
            return self._told(None, f"still opens sessions, until: python -m ci rotate {self.name} --finish --stack {stack}")
        tries: dict[str, Callable[[Host], Trial]] = {
            "database": self._database,
            "broker": self._broker,
            "registry": self._registry,
            "ciKey": self._ci_key,
            "hostKey": self._host_key,
            "digitalocean:token": self._token,
            "gitlab:token": self._token,
            "basicAuth": lambda _: self._visitor(ca_file),
        }
        if self.name == "deployKey":
            return self._deploy_key()
        if self.name in ("stateAccessKey", "stateSecretKey"):
            return self._told(None, "the pipeline does not have it any more; end it where the bucket is")
        return tries.get(self.name, self._in_tasks)(host)

    def _told(self, refused: bool | None, how: str) -> Trial:
        return Trial(self.name, refused, how)

    def _attempt(self, how: str, refusal: str, attempt: Callable[[], object]) -> Trial:
        """It has to fail, and with these words: anything else may be another fault."""
        try:
            attempt()
        except HostError as error:
            found = re.search(refusal, str(error), re.IGNORECASE)
            return self._told(True if found else None, f"{how}: {found[0] if found else error}")
        return self._told(False, f"{how}: still let in")

    def _database(self, host: Host) -> Trial:
        user, image = f"site{credentials.generation('database', self.config)}", str(self.config["site:databaseClientImage"])
        places = {
            "PGHOST": self.values["host"],
            "PGPORT": self.values["port"],
            "PGDATABASE": "site",
            "PGSSLMODE": "require",
            "PGUSER": user,
        }
        given = shlex.join(word for name, value in places.items() for word in ("--env", f"{name}={value}"))
        script = f"docker run --rm --interactive {given} --entrypoint sh {shlex.quote(image)} -c {shlex.quote(_PSQL)} 2>&1"
        refusal = "password authentication failed|role .* does not exist|no pg_hba.conf entry"
        return self._attempt(f"log in as {user}", refusal, lambda: host.run(script, stdin=self.values["password"] + "\n"))

    def _broker(self, host: Host) -> Trial:
        user = f"site{credentials.generation('broker', self.config)}"
        inside = shlex.quote(_BROKER[str(self.config["site:broker"])].replace("USER", user))
        script = (
            "docker exec --interactive $(docker ps --quiet --filter label=com.docker.swarm.service.name=broker | head -n 1)"
            f" sh -c {inside} 2>&1"
        )
        return self._attempt(
            f"authenticate as {user}",
            "WRONGPASS|no user",
            lambda: host.run(script, stdin=self.values["password"] + "\n"),
        )

    def _registry(self, host: Host) -> Trial:
        for token in filter(None, (self.values["password"], self.values.get("push"))):
            if in_digitalocean(f"{self.values['address']}/"):
                api_tokens.revoke_registry(token)
        script = _LOGIN.format(user=shlex.quote(self.values["username"]), address=shlex.quote(self.values["address"]))
        how = f"docker login {self.values['address']}"
        return self._attempt(how, "unauthorized|denied|401", lambda: host.run(script, stdin=self.values["password"]))

    def _ci_key(self, host: Host) -> Trial:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "key"
            file.touch(mode=0o600)
            file.write_text(self.values["private"])
            own = ["-F", "none", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes", "-i", str(file)]
            command = ["ssh", *own, *ssh_options(host.address, [host.key]), f"{USER}@{host.address}", "true"]

            def log_in() -> None:
                try:
                    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
                except subprocess.TimeoutExpired:
                    raise HostError("no end within 60 s") from None
                if done.returncode:
                    raise HostError(done.stderr.strip()[-300:])

            return self._attempt(f"ssh {USER}@{host.address} with it", "Permission denied", log_in)

    def _host_key(self, host: Host) -> Trial:
        other = Host(address=host.address, key=self.values["public"], environment=host.environment)
        return self._attempt(
            "ssh to a host that must have it", "Host key verification failed|host key .* has changed", lambda: other.run("true")
        )

    def _token(self, _host: Host) -> Trial:
        what = api_tokens.revoke(self.name, self.values["value"])
        if not api_tokens.accepted(self.name, self.values["value"]):
            return self._told(True, "ask the API with it: 401")
        return self._told(None, f"nothing of this stack uses it any more, but it still works; {what}")

    def _deploy_key(self) -> Trial:
        token = os.environ.get("GITLAB_TOKEN") or str(self.config.get("gitlab:token") or "")
        there = GitLab(token).has_deploy_key(str(self.config["site:appProject"]), self.values["public"])
        return self._told(not there, "look for it among the deploy keys of the app's project")

    def _visitor(self, ca_file: str | None) -> Trial:
        door = FrontDoor(url=f"{self.exports['url']}/", address=str(self.exports["address"]), ca_file=ca_file)
        name = base64.b64encode(self.values["value"].encode()).decode()
        try:
            door.ask({"Authorization": f"Basic {name}"})
        except DoorError as error:
            return self._told(True if " answers 401" in str(error) else None, f"visit with it: {str(error)[:100]}")
        return self._told(False, "visit with it: still let in")

    def _in_tasks(self, host: Host) -> Trial:
        # As it stands in the file, which is made for a shell.
        plain = shlex.quote(self.values["value"]).strip("'")
        how = "look for it in what runs"
        try:
            found = host.run(_LOOK, stdin=plain).split()
        except HostError as error:
            return self._told(None, f"{how}: {error}")
        if found:
            return self._told(False, f"{how}: {', '.join(found)}")
        return self._told(True, f"{how}: nobody has it; where somebody else gives it out, end it there too")
