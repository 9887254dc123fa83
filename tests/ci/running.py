"""A stack that runs a release, between an engine and a host that only pretend."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ci.cli import CliError
from ci.deployment import Declared
from ci.events import Event, Tell
from ci.front_door import DoorError
from ci.host import Host
from ci.migrations import Migrations
from ci.release import Release
from infra.deploy_check import GOES_BACK
from policy.violation import Violation
from tests.ci.stage import COMMAND, wait_until

REPOSITORY = "registry.gitlab.com/group/app"
OLD, NEW = f"{REPOSITORY}@sha256:{'a' * 64}", f"{REPOSITORY}@sha256:{'b' * 64}"
EXPORTS = {
    "image": OLD,
    "host": "203.0.113.10",
    "hostKey": "ssh-ed25519 AAAA",
    "health": "https://site.example/healthz",
    "address": "203.0.113.9",
}


def service(name: str, image: str, role: str = "worker") -> dict[str, Any]:
    spec: dict[str, Any] = {
        "Name": name,
        "Labels": {"site.role": role} if role else {},
        "TaskTemplate": {"ContainerSpec": {"Image": image}},
    }
    return {"Spec": spec, "PreviousSpec": {**spec, "TaskTemplate": {"ContainerSpec": {"Image": OLD}}}}


def declares(*names: str, proxy: str = "caddy:2") -> Declared:
    return Declared(services=frozenset(names), proxy_image=proxy)


class Nothing:
    """A registry from which nothing is removed."""

    def remove(self, repository: str, tags: Sequence[str]) -> None:
        raise AssertionError(f"{tags} of {repository}")


@dataclass
class Running:
    """A stack that runs OLD. `fails` and `door` say what goes wrong; `done` is what was done, in order."""

    exported: dict[str, Any] = field(default_factory=lambda: dict(EXPORTS))
    config: Declared = field(default_factory=lambda: declares("web", "worker"))
    fails: str = ""
    door: DoorError | None = None
    door_before: DoorError | None = None
    services: list[dict[str, Any]] = field(
        default_factory=lambda: [service("web", OLD, "serving"), service("worker", OLD), service("proxy", "caddy:2@sha256:cc", "")]
    )
    done: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    crashes: bool = False
    """Whether a task of the release ends while visitors are asked."""
    checked: str = ""
    """What Django's check says."""
    serves: bool = False
    """Whether the engine says so before it has ended."""
    stack: str = "staging"
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    migrations: dict[str, Migrations] = field(default_factory=dict)
    login: dict[str, str] | None = None
    against: list[Violation] = field(default_factory=list)
    """What of an `up` is against the policy."""

    def exports(self) -> dict[str, Any]:
        return self.exported

    def declared(self) -> Declared:
        return self.config

    def violations(self, image: str) -> list[Violation]:
        return self.against if image else []

    def up(self, image: str, tell: Tell) -> None:
        self.done.append(f"up {image[-4:]}")
        if self.checked:
            tell(Event(kind="said", urn=f"urn:pulumi:staging::site::{COMMAND}::release-check", message=self.checked))
        if image != OLD:
            self.services = [service("web", OLD if self.fails else image, "serving"), service("worker", image)]
        if self.serves:
            tell(Event(kind="said", urn=f"urn:pulumi:staging::site::{COMMAND}::worker-runs", message="worker: 1 of 1 run"))
            tell(Event(kind="said", urn=f"urn:pulumi:staging::site::{COMMAND}::web-runs", message="web: 2 of 2 run"))
            wait_until(lambda: "look" in self.done)
            self.done.append("watched")
        if self.fails and image != OLD:
            raise CliError(self.fails)
        self.exported = {**EXPORTS, "image": image}

    def secrets(self) -> list[Any]:
        return ["hunter2-hunter2"]

    def outputs(self, type: str, name: str) -> dict[str, Any]:
        return self.resources.get(f"{type}::{name}", {})

    def pull_login(self) -> dict[str, str] | None:
        return self.login

    def run(self, image: str, **options: bool) -> str:
        found = Release(deployment=self, host_of=self._host, releases_of=lambda _: None, tags_of=lambda _: Nothing(), tell=self._hear)
        return found.run(image, **options)

    def _hear(self, event: Event) -> None:
        self.said.append(event.message)

    def _host(self, address: str, key: str) -> Host:
        stage = self

        class Pretended(Host):
            def run(self, script: str, *, stdin: str = "", limit: float = 60) -> str:  # noqa: ARG002 - as Host has it
                return stage.answer(script)

        return Pretended(address=address, key=key)

    def answer(self, script: str) -> str:
        """What the host prints."""
        if "docker service inspect" in script:
            return json.dumps(self.services)
        if "docker service rollback" in script:
            self.done.append("back " + " ".join(line.split()[4] for line in script.splitlines() if "rollback" in line))
            self.services = [service("web", OLD, "serving"), service("worker", OLD)]
        if "docker pull" in script:
            self.done.append("pull")
        if GOES_BACK in script:
            self.done.append(f"known {script.split()[2][-4:]}")
        if (
            "docker inspect --type task" in script
            and self.crashes
            and "look" in self.done
            and self.services[0]["Spec"] != service("web", OLD, "serving")["Spec"]
        ):
            status = {"State": "failed", "ContainerStatus": {"ExitCode": 1}}
            spec = {"ContainerSpec": {"Image": NEW}}
            return json.dumps([{"ID": "t1", "ServiceID": "web", "DesiredState": "shutdown", "Spec": spec, "Status": status}])
        return "[]" if "docker inspect" in script else ""
