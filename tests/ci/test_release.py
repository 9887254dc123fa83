"""A release between an engine and a host that only pretend: what is done in which order, and what is told when it fails."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ci import release as module
from ci.cli import CliError
from ci.deployment import Planned
from ci.events import Event
from ci.front_door import ClosedError, DoorError, FrontDoor
from ci.host import Host
from ci.migrations import Migrations
from ci.release import Release, ReleaseError

REPOSITORY = "registry.gitlab.com/group/app"
OLD, NEW = f"{REPOSITORY}@sha256:{'a' * 64}", f"{REPOSITORY}@sha256:{'b' * 64}"
SERVICE = "docker:index/service:Service"
EXPORTS = {
    "image": OLD,
    "host": "203.0.113.10",
    "hostKey": "ssh-ed25519 AAAA",
    "health": "https://site.example/healthz",
    "address": "203.0.113.9",
}


def service(name: str, image: str, role: str = "worker") -> dict[str, Any]:
    spec = {"Name": name, "Labels": {"site.role": role}, "TaskTemplate": {"ContainerSpec": {"Image": image}}}
    return {"Spec": spec, "PreviousSpec": {**spec, "TaskTemplate": {"ContainerSpec": {"Image": OLD}}}}


class Nothing:
    """A registry from which nothing is removed."""

    def remove(self, repository: str, tags: Sequence[str]) -> None:
        raise AssertionError(f"{tags} of {repository}")


@dataclass
class Stage:
    """A stack that runs OLD. `fails` and `door` say what goes wrong; `done` is what was done, in order."""

    exported: dict[str, Any] = field(default_factory=lambda: dict(EXPORTS))
    plan: list[Planned] = field(default_factory=lambda: [Planned(op="update", type=SERVICE, name="web")])
    fails: str = ""
    door: DoorError | None = None
    door_before: DoorError | None = None
    services: list[dict[str, Any]] = field(default_factory=lambda: [service("web", OLD, "serving"), service("worker", OLD)])
    done: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    stack: str = "staging"

    def exports(self) -> dict[str, Any]:
        return self.exported

    def preview(self, image: str) -> list[Planned]:
        self.done.append(f"preview {image[-4:]}")
        return self.plan

    def up(self, image: str, _tell: object) -> None:
        self.done.append(f"up {image[-4:]}")
        if image != OLD:
            self.services = [service("web", OLD if self.fails else image, "serving"), service("worker", image)]
        if self.fails and image != OLD:
            raise CliError(self.fails)
        self.exported = {**EXPORTS, "image": image}

    def secrets(self) -> list[Any]:
        return ["hunter2-hunter2"]

    def pull_login(self) -> dict[str, str] | None:
        return None

    def run(self, image: str, **options: bool) -> str:
        found = Release(deployment=self, host_of=self._host, releases_of=lambda _: None, tags_of=lambda _: Nothing(), tell=self._hear)
        return found.run(image, **options)

    def _hear(self, event: Event) -> None:
        self.said.append(event.message)

    def _host(self, address: str, key: str) -> Host:
        stage = self

        class Pretended(Host):
            def run(self, script: str, *, stdin: str = "", limit: float = 60) -> str:  # noqa: ARG002
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
        return "[]" if "docker inspect" in script else ""


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stage]:
    """Makes one."""

    def make(**how: Any) -> Stage:
        made = Stage(**how)

        def watch(_self: object, _digest: str) -> None:
            made.done.append("look")
            if made.door:
                raise made.door

        def ask(_self: object) -> bytes:
            if made.door_before:
                raise made.door_before
            return b"ok"

        monkeypatch.setattr(FrontDoor, "watch", watch)
        monkeypatch.setattr(FrontDoor, "ask", ask)
        monkeypatch.setattr(module, "read", lambda *_args, **_more: Migrations())
        monkeypatch.setattr(module, "advice", lambda _door: "point DNS there")
        return made

    return make


def test_the_image_is_fetched_before_the_engine_begins_and_visitors_are_asked_after(stage: Callable[..., Stage]) -> None:
    ran = stage()
    assert ran.run(NEW) == NEW
    assert [step for step in ran.done if not step.startswith("preview")] == ["pull", "up bbbb", "look"]


def test_without_an_image_what_runs_stays_also_after_a_rollback(stage: Callable[..., Stage]) -> None:
    ran = stage()
    assert ran.run("") == OLD
    assert ran.done == ["preview aaaa", "up aaaa", "look"]


def test_a_plan_that_leaves_nothing_to_serve_is_refused(stage: Callable[..., Stage]) -> None:
    plan = [Planned(op="delete", type=SERVICE, name=name) for name in ("web", "worker")] + [Planned(op="same", type=SERVICE, name="proxy")]
    ran = stage(plan=plan)
    with pytest.raises(ReleaseError, match=r"would delete all services of the site \(web, worker\); nothing was changed"):
        ran.run("")
    assert ran.done == ["preview aaaa"]


def test_a_plan_that_takes_one_of_several_away_goes_on(stage: Callable[..., Stage]) -> None:
    ran = stage(plan=[Planned(op="delete", type=SERVICE, name="worker"), Planned(op="same", type=SERVICE, name="web")])
    assert ran.run("") == OLD


def test_another_proxy_is_announced_with_what_it_costs(stage: Callable[..., Stage]) -> None:
    ran = stage(plan=[Planned(op="update", type=SERVICE, name="proxy"), Planned(op="same", type=SERVICE, name="web")])
    ran.run("")
    assert any("the proxy itself is replaced" in line for line in ran.said)


def test_what_came_up_beside_what_did_not_goes_back_with_it(stage: Callable[..., Stage]) -> None:
    ran = stage(fails="web: service rollback completed; hunter2-hunter2")
    with pytest.raises(ReleaseError) as failed:
        ran.run(NEW)
    assert ran.done[1:] == ["pull", "up bbbb", "back worker", "up aaaa"] or ran.done[:1] == ["pull"]
    assert ran.done[-3:] == ["up bbbb", "back worker", "up aaaa"], "the state says again what runs"
    assert f"everything runs what it ran before: {OLD}" in str(failed.value)
    assert "hunter2" not in str(failed.value)


def test_a_release_that_visitors_do_not_get_is_put_back_though_it_came_up(stage: Callable[..., Stage]) -> None:
    ran = stage(door=DoorError("https://site.example/healthz answers 502"))
    with pytest.raises(ReleaseError, match="answers 502"):
        ran.run(NEW)
    assert ran.done[-4:] == ["up bbbb", "look", "back web worker", "up aaaa"]


def test_a_config_that_fails_is_put_back_on_the_host_and_not_run_again(stage: Callable[..., Stage]) -> None:
    ran = stage(door=DoorError("https://site.example/healthz answers 502"))
    with pytest.raises(ReleaseError):
        ran.run("")
    assert ran.done == ["preview aaaa", "up aaaa", "look"]


def test_a_door_that_was_closed_before_is_no_fault_of_the_release(stage: Callable[..., Stage]) -> None:
    closed = ClosedError("203.0.113.9 has no certificate for site.example")
    ran = stage(door=closed, door_before=closed)
    assert ran.run(NEW) == NEW
    assert any("warning: 203.0.113.9 has no certificate" in line and "point DNS there" in line for line in ran.said)


def test_a_door_that_a_release_closes_is_its_fault(stage: Callable[..., Stage]) -> None:
    ran = stage(door=ClosedError("nobody answers"))
    with pytest.raises(ReleaseError, match="nobody answers"):
        ran.run(NEW)


def test_a_first_up_without_a_certificate_yet_ends_well_and_says_so(stage: Callable[..., Stage]) -> None:
    ran = stage(exported={}, door=ClosedError("203.0.113.9 has no certificate for site.example"))
    assert ran.run(NEW) == NEW
    assert ran.done == ["up bbbb", "look"]
    assert any(line.startswith("warning: 203.0.113.9 has no certificate") for line in ran.said)


def test_a_stack_without_a_site_says_what_comes_next(stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = stage(exported={})
    monkeypatch.setattr(ran, "up", lambda _image, _tell: ran.exported.update({"image": "", "next": "push an image"}))
    assert ran.run("") == ""
    assert "push an image" in ran.said
