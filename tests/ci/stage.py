"""`python -m ci` on the stack staging, between a CLI that pretends and a cloud that answers over real HTTP."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ci.__main__ import main
from ci.state import State
from tests.cloud.gitlab_server import Site
from tests.programs import program

Resource = dict[str, Any]
_DO, _GITLAB = "digitalocean:index/", "gitlab:index/"
DROPLET, VPC, TAG, SSH_KEY = f"{_DO}droplet:Droplet", f"{_DO}vpc:Vpc", f"{_DO}tag:Tag", f"{_DO}sshKey:SshKey"
CLUSTER, USER, ADDRESS = f"{_DO}databaseCluster:DatabaseCluster", f"{_DO}databaseUser:DatabaseUser", f"{_DO}reservedIp:ReservedIp"
ASSIGNMENT = f"{_DO}reservedIpAssignment:ReservedIpAssignment"
ZONE, RECORD = f"{_DO}domain:Domain", f"{_DO}dnsRecord:DnsRecord"
VARIABLE, TOKEN = f"{_GITLAB}projectVariable:ProjectVariable", f"{_GITLAB}projectDeployToken:ProjectDeployToken"
PROTECTION = f"{_GITLAB}branchProtection:BranchProtection"
COMMAND, PASSWORD, PRIVATE_KEY = "command:local:Command", "random:index/randomPassword:RandomPassword", "tls:index/privateKey:PrivateKey"
SERVICE, VOLUME, NETWORK = "docker:index/service:Service", "docker:index/volume:Volume", "docker:index/network:Network"
RUNNING = f"registry.gitlab.com/group/app@sha256:{'a' * 64}"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIhost"
GONE = 4_194_305
"""A process id that Linux gives to nobody."""


def urn(type: str, name: str) -> str:
    return f"urn:pulumi:staging::site::{type}::{name}"


def resource(type: str, name: str, id: str = "", inputs: Resource | None = None, **more: Any) -> Resource:
    """As an export has it. The cloud has told more of it than it was asked for with, unless `outputs` say otherwise."""
    given = inputs or {}
    return {"urn": urn(type, name), "custom": True, "type": type, "id": id, "inputs": given, "outputs": {"told": True, **given}} | more


def pending(type: str, name: str, inputs: Resource | None = None, operation: str = "creating") -> Resource:
    """An operation that had begun."""
    return {"type": operation, "resource": {"urn": urn(type, name), "custom": True, "type": type, "inputs": inputs or {}}}


def droplet(id: str | int, **more: Any) -> list[Resource]:
    """A droplet that is in use, its host key, and what the program exported of it."""
    return [
        resource("pulumi:pulumi:Stack", "site-staging", outputs={"hostKey": HOST_KEY, "image": RUNNING}),
        resource(PRIVATE_KEY, "servers-host", "key", outputs={"publicKeyOpenssh": HOST_KEY}),
        resource(DROPLET, "servers", str(id), {"name": "site-staging"}, outputs={"ipv4Address": "203.0.113.10"}) | more,
    ]


def wait_until(condition: Callable[[], object]) -> None:
    """Raises where that does not come."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@dataclass(frozen=True)
class Ran:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Stage:
    """`folder` holds the programs that pretend."""

    folder: Path
    site: Site
    capsys: pytest.CaptureFixture[str]

    @classmethod
    def begin(cls, folder: Path, site: Site, capsys: pytest.CaptureFixture[str]) -> "Stage":
        """A stack with nothing in it, and nobody who locks it."""
        for name in ("pulumi", "ssh"):
            program(folder, name, f"#!{sys.executable} -I\n{Path(__file__).with_name('pretended_cli.py').read_text()}")
        stage = cls(folder, site, capsys)
        stage._write({"lock": "", "config": {}, "cloud": {}, "events": [], "fails": "", "host": {}, "asked": ""})
        stage.holds()
        return stage

    def ci(self, *words: str) -> Ran:
        """Run `python -m ci … --stack staging`."""
        self.capsys.readouterr()
        code = main([*words, "--stack", "staging"])
        said = self.capsys.readouterr()
        return Ran(code, said.out, said.err)

    def recover(self, *words: str) -> Ran:
        return self.ci("recover", *words)

    def holds(self, *resources: Resource, pending: list[Resource] | None = None) -> None:
        """What is in the state from now on."""
        self.answer(state={"version": 3, "deployment": {"resources": list(resources), "pending_operations": pending or []}})

    def answer(self, **answers: Any) -> None:
        """What the CLI and the host say from now on: see pretended_cli.py."""
        self._write(json.loads((self.folder / "answers.json").read_text()) | answers)

    def answers(self, name: str) -> Any:
        return json.loads((self.folder / "answers.json").read_text())[name]

    @property
    def state(self) -> State:
        """What is in the state now."""
        return State(self.answers("state"))

    def calls(self, *beginning: str) -> list[list[str]]:
        """Calls of the CLI (`["refresh", …]`) and scripts on the host (`["ssh", SCRIPT]`) that begin so, without these words."""
        log = self.folder / "calls.jsonl"
        calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [call[len(beginning) :] for call in calls if call[: len(beginning)] == list(beginning)]

    def new_droplet(self, name: str = "site-staging", *, booted: bool = True) -> str:
        """Make one in the cloud, and wait until it has booted; gives its id."""
        with self.site.digitalocean() as client:
            vpc = client.vpcs.list()["vpcs"] or [self.new_vpc()]
            order = {"name": name, "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-13-x64", "vpc_uuid": vpc[0]["id"]}
            made = client.droplets.create(body=order)["droplet"]["id"]
            if booted:
                wait_until(lambda: client.droplets.get(made)["droplet"]["status"] == "active")
            return str(made)

    def new_vpc(self, name: str = "net", **fields: str) -> Any:
        with self.site.digitalocean() as client:
            return client.vpcs.create(body={"name": name, "region": "fra1", "ip_range": "10.20.0.0/20"} | fields)["vpc"]

    def new_cluster(self) -> str:
        """Make a database, and wait until it is online; gives its id."""
        with self.site.digitalocean() as client:
            order = {"name": "site-staging", "engine": "pg", "version": "17", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "fra1"}
            order["private_network_uuid"] = self.new_vpc()["id"]
            made = client.databases.create_cluster(body=order)["database"]["id"]
            wait_until(lambda: client.databases.get_cluster(made)["database"]["status"] == "online")
            return str(made)

    def new_address(self) -> str:
        """Reserve one, with nothing behind it."""
        with self.site.digitalocean() as client:
            return str(client.reserved_ips.create(body={"region": "fra1"})["reserved_ip"]["ip"])

    def _write(self, answers: dict[str, Any]) -> None:
        (self.folder / "answers.json").write_text(json.dumps(answers))
