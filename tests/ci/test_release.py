"""A release between an engine and a host that only pretend: what is done in which order, and what is told when it fails."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ci import release as module
from ci.cli import CliError
from ci.deployment import Declared, LockedError
from ci.events import Event
from ci.front_door import ClosedError, DoorError, FrontDoor
from ci.host import Host
from ci.migrations import Migration, Migrations
from ci.release import Release, ReleaseError

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
class Stage:
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
    taken_back: bool = False
    stack: str = "staging"
    migrations: dict[str, Migrations] = field(default_factory=dict)

    def exports(self) -> dict[str, Any]:
        return self.exported

    def declared(self) -> Declared:
        return self.config

    def up(self, image: str, _tell: object) -> None:
        self.done.append(f"up {image[-4:]}")
        if image != OLD:
            self.services = [service("web", OLD if self.fails or self.taken_back else image, "serving"), service("worker", image)]
            if self.taken_back:
                self.services[0]["UpdateStatus"] = {"State": "rollback_completed", "StartedAt": "2026-01-02T03:04:05Z"}
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
        monkeypatch.setattr(module, "read", lambda _host, image, **_more: made.migrations.get(image, Migrations()))
        monkeypatch.setattr(module, "advice", lambda _door: "point DNS there")
        return made

    return make


def test_the_image_is_fetched_before_the_engine_begins_and_visitors_are_asked_after(stage: Callable[..., Stage]) -> None:
    ran = stage()
    assert ran.run(NEW) == NEW
    assert ran.done == ["pull", "up bbbb", "look"]


def test_without_an_image_what_runs_stays_also_after_a_rollback(stage: Callable[..., Stage]) -> None:
    ran = stage()
    assert ran.run("") == OLD
    assert ran.done == ["up aaaa", "look"]


@pytest.mark.parametrize("names", [(), ("app",)], ids=["no site", "all renamed"])
def test_a_config_that_leaves_nothing_of_what_serves_is_refused(stage: Callable[..., Stage], names: tuple[str, ...]) -> None:
    ran = stage(config=declares(*names))
    with pytest.raises(ReleaseError, match=r"would delete all services of the site \(web, worker\); nothing was changed"):
        ran.run("")
    assert ran.done == []


def test_a_config_that_takes_one_of_several_away_goes_on(stage: Callable[..., Stage]) -> None:
    assert stage(config=declares("web")).run("") == OLD


@pytest.mark.parametrize(("image", "announced"), [("caddy:2", False), ("caddy:2.10", True)])
def test_another_proxy_is_announced_with_what_it_costs(stage: Callable[..., Stage], image: str, announced: bool) -> None:
    ran = stage(config=declares("web", "worker", proxy=image))
    ran.run("")
    assert any(line.startswith(f"the proxy is replaced by {image}") for line in ran.said) is announced


def test_a_run_that_another_one_holds_up_touches_nothing(stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_image: str, _tell: object) -> None:
        raise LockedError("locked by somebody")

    ran = stage()
    monkeypatch.setattr(ran, "up", locked)
    with pytest.raises(LockedError):
        ran.run(NEW)
    assert ran.done == ["pull"]


def test_an_update_that_the_swarm_takes_back_after_the_engine_has_ended_fails_the_release(stage: Callable[..., Stage]) -> None:
    """The provider calls an update done when its tasks run; the swarm goes on watching them."""
    ran = stage(taken_back=True)
    with pytest.raises(ReleaseError, match="a task of the release has ended since it began: web"):
        ran.run(NEW)
    assert ran.done[-1] == "up aaaa"


def test_what_came_up_beside_what_did_not_goes_back_with_it(stage: Callable[..., Stage]) -> None:
    ran = stage(fails="web: service rollback completed; hunter2-hunter2")
    with pytest.raises(ReleaseError) as failed:
        ran.run(NEW)
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
    assert ran.done == ["up aaaa", "look"]


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


FIRST = Migration(app="guestbook", name="0001_initial", sql=("CREATE TABLE guestbook_entry (id int)",), applied=True)
DROP = Migration(app="guestbook", name="0002_drop", sql=("ALTER TABLE guestbook_entry DROP COLUMN words",), reversible=True)
TABLES = {"guestbook_entry": frozenset({"id", "words"})}


def migrations(*found: Migration) -> Migrations:
    return Migrations(migrations=found, applied=frozenset(one.key for one in found if one.applied), tables=TABLES)


def test_production_does_not_begin_a_release_that_takes_away_what_the_old_code_reads(stage: Callable[..., Stage]) -> None:
    ran = stage(stack="production", migrations={OLD: migrations(FIRST), NEW: migrations(FIRST, DROP)})
    with pytest.raises(ReleaseError, match=r"guestbook\.0002_drop removes column entry\.words(.|\n)*Run it again with --acknowledge"):
        ran.run(NEW)
    assert "up bbbb" not in ran.done
    assert any("you can't go back because guestbook.0002_drop removes column entry.words" in line for line in ran.said)
    assert ran.run(NEW, acknowledged=True) == NEW


def test_staging_says_so_and_goes_on(stage: Callable[..., Stage]) -> None:
    ran = stage(migrations={OLD: migrations(FIRST), NEW: migrations(FIRST, DROP)})
    assert ran.run(NEW) == NEW
    assert any("you can't go back because" in line for line in ran.said)


def test_going_back_to_code_that_can_not_work_with_the_schema_is_refused_unless_forced(stage: Callable[..., Stage]) -> None:
    newer, older = migrations(FIRST, replace(DROP, applied=True)), replace(migrations(FIRST), applied=frozenset({FIRST.key, DROP.key}))
    ran = stage(migrations={OLD: newer, NEW: older})
    with pytest.raises(
        ReleaseError, match=r"you can't go back because guestbook\.0002_drop(.|\n)*migrate guestbook 0001_initial(.|\n)*--force"
    ):
        ran.run(NEW, back=True)
    assert "up bbbb" not in ran.done
    assert ran.run(NEW, back=True, acknowledged=True) == NEW
