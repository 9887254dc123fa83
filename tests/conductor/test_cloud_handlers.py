"""All DigitalOcean and GitLab types against the stand-ins, through the official clients."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.conductor.ledger import Ledger, State
from rehearsal.conductor.step import Op
from tests.conductor.stage import Events, Stage
from tests.conductor.stand_in import StandIn, standing_in

pytestmark = pytest.mark.integration

NAMELESS = {"digitalocean:index/reservedIp:ReservedIp"}
SHOWN_ONCE = {"ContainerRegistryDockerCredentials", "ProjectDeployToken", "PrivateKey"}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[StandIn]:
    with standing_in(tmp_path) as cloud:
        yield cloud


@pytest.fixture
def site(cloud: StandIn, tmp_path: Path) -> Stage:
    return Stage(folder=tmp_path, program="cloud_program", endpoints=cloud.endpoints)


def kinds(cloud: StandIn) -> list[str]:
    return sorted(thing["kind"] for thing in cloud.inventory())


def test_everything_is_made_and_all_of_it_taken_away(cloud: StandIn, site: Stage) -> None:
    empty = kinds(cloud)

    outcome = site.run().up()

    assert len(kinds(cloud)) >= 22
    assert outcome.exports["name"] == "www.example.com"
    assert outcome.exports["database"].startswith("postgres")
    assert "registry.digitalocean.com" in outcome.exports["docker"]
    assert set(outcome.secret_exports) == {"database", "pool", "user", "docker"}
    site.run().down()
    # The provider revokes registry credentials outside the API.
    assert [kind for kind in kinds(cloud) if kind != "digitalocean:registry_credential"] == empty


def test_a_second_up_makes_no_request(cloud: StandIn, site: Stage) -> None:
    site.run().up()
    cloud.requests.clear()

    outcome = site.run().up()

    assert cloud.requests == []
    assert outcome.count(Op.SAME) == len(outcome.steps)


def test_a_preview_makes_no_request(cloud: StandIn, site: Stage) -> None:
    site.run().preview()
    site.run().up()
    cloud.requests.clear()

    site.run(note="second").preview()

    assert cloud.requests == []


def test_changes_are_made_in_place(cloud: StandIn, site: Stage) -> None:
    site.run().up()
    before = cloud.inventory()
    events = Events()

    site.run(note="second", size="s-1vcpu-2gb").up(events)

    assert set(events.lines) == {"update network", "update server", "update www", "update disk", "update staging"}
    assert [thing["id"] for thing in cloud.inventory()] == [thing["id"] for thing in before]


def test_a_user_of_another_generation_is_there_before_the_old_one_goes(cloud: StandIn, site: Stage) -> None:
    site.run().up()
    events = Events()

    site.run(generation="2").up(events)

    assert events.lines == ["replace user", "delete user"]
    assert [thing["name"] for thing in cloud.inventory() if thing["kind"] == "digitalocean:database_user"] == ["site2"]


def test_what_killed_runs_have_made_is_found_by_its_name(cloud: StandIn, site: Stage) -> None:
    site.run().up()
    before = kinds(cloud)
    ledger = Ledger(site.ledger)
    for entry in ledger.entries:
        if entry.type not in NAMELESS and entry.type.rsplit(":")[-1] not in SHOWN_ONCE:
            ledger.put(dataclasses.replace(entry, state=State.CREATING, id=None, outputs={}))
    events = Events()

    site.run().up(events)

    assert {line.split()[0] for line in events.lines} == {"find", "create"}
    assert [line for line in events.lines if line.startswith("create")] == ["create database"]  # its firewall, written again
    assert kinds(cloud) == before


def test_a_token_that_was_shown_once_is_revoked_and_made_again(cloud: StandIn, site: Stage) -> None:
    site.run().up()
    before = kinds(cloud)
    ledger = Ledger(site.ledger)
    [token] = [entry for entry in ledger.entries if entry.name == "pull"]
    ledger.put(dataclasses.replace(token, state=State.CREATING, id=None, outputs={}))
    events = Events()

    site.run().up(events)

    assert events.lines == ["find pull", "create pull", "update token"]
    assert kinds(cloud) == before
