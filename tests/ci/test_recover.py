"""`recover`, seen from outside: what it does about a lock and about each kind of operation that had begun, and what it says."""

import socket

import pytest

from tests.ci.stage import (
    CLUSTER,
    COMMAND,
    DROPLET,
    GONE,
    PASSWORD,
    TAG,
    VPC,
    Stage,
    droplet,
    pending,
    resource,
    urn,
)

pytestmark = pytest.mark.integration

NAME = {"name": "site-staging"}


def lock(host: str, pid: int) -> str:
    return (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file"
        f" with `pulumi cancel`.\n  file:///state/locks/1.json: created by ci@{host} (pid {pid}) at 2026-01-02T03:04:05Z"
    )


def test_a_stack_that_was_left_in_order_has_nothing_to_recover(stage: Stage) -> None:
    vpc = stage.new_vpc("site-staging")
    stage.holds(resource(VPC, "network", vpc["id"], NAME))
    ran = stage.recover()
    assert (ran.code, ran.out) == (0, "nothing to recover\n")
    assert not stage.calls("stack", "import")
    assert not stage.calls("refresh")
    assert not stage.calls("cancel")


def test_a_stack_that_is_not_there_is_not_made(stage: Stage) -> None:
    stage.answer(state=None)
    ran = stage.recover()
    assert (ran.code, ran.out) == (0, "nothing to recover\n")
    assert stage.answers("state") is None


def test_a_lock_of_somebody_elsewhere_is_left_with_the_command_for_who_knows_better(stage: Stage) -> None:
    stage.answer(lock=lock("runner-7", GONE))
    ran = stage.recover()
    assert ran.code == 1
    assert "staging is locked by ci@runner-7 (process 4194305) since 2026-01-02T03:04:05Z" in ran.err
    assert ran.err.endswith("pulumi cancel --yes --stack staging\n")
    assert not stage.calls("cancel")


def test_a_lock_of_one_who_is_dead_is_released(stage: Stage) -> None:
    stage.answer(lock=lock(socket.gethostname(), GONE))
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert f"✓ released the lock of ci@{socket.gethostname()} (process {GONE})" in ran.out
    assert stage.calls("cancel") == [["--yes"]]
    assert "nothing to recover" in stage.recover().out


def test_a_replaced_droplet_that_is_gone_is_forgotten_and_one_that_is_there_is_not(stage: Stage) -> None:
    there = stage.new_droplet()
    old = [droplet(number, delete=True)[-1] for number in (GONE, there)]
    stage.holds(*droplet(2), *old)
    ran = stage.recover()
    assert f"✓ Droplet servers: {GONE}, which was replaced, is gone already" in ran.out
    assert [found["id"] for found in stage.state.replaced(DROPLET)] == [there]
    assert [found["id"] for found in stage.state.of(DROPLET)] == ["2"]


def test_what_had_not_come_into_being_is_forgotten(stage: Stage) -> None:
    stage.holds(pending=[pending(VPC, "network", NAME)])
    ran = stage.recover()
    assert (ran.code, ran.out) == (0, "✓ Vpc network: had not come into being\n")
    assert (stage.state.pending, stage.state.resources) == ([], [])
    assert not stage.calls("refresh")


def test_what_had_come_into_being_is_taken_into_the_state_and_asked_for_its_outputs(stage: Stage) -> None:
    vpc = stage.new_vpc("site-staging")
    tag = resource(TAG, "network", "site-staging", NAME)
    stage.holds(tag, pending=[pending(VPC, "network", NAME)])
    stage.answer(cloud={urn(VPC, "network"): {"vpcUrn": "do:vpc:1"}})
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert f"✓ Vpc network: had come into being as {vpc['id']}; taken into the state\n" in ran.out
    adopted = stage.state.live(urn(VPC, "network"))
    assert adopted is not None
    assert (adopted["id"], adopted["inputs"], adopted["outputs"]) == (vpc["id"], NAME, {"vpcUrn": "do:vpc:1"})
    assert stage.calls("refresh") == [["--yes", "--skip-preview", "--target", urn(VPC, "network")]]
    assert stage.recover().out == "nothing to recover\n"


def test_a_recovery_that_was_killed_before_its_refresh_is_finished_by_the_next(stage: Stage) -> None:
    vpc = stage.new_vpc("site-staging")
    stage.holds(pending=[pending(VPC, "network", NAME)])
    stage.recover()
    adopted = stage.state.live(urn(VPC, "network"))
    assert adopted is not None
    assert (adopted["id"], adopted["outputs"]) == (vpc["id"], NAME), "the cloud has told nothing: as if it had never been asked"
    stage.answer(cloud={urn(VPC, "network"): {"vpcUrn": "do:vpc:1"}})
    stage.recover()
    stage.recover()
    assert stage.calls("refresh") == 2 * [["--yes", "--skip-preview", "--target", urn(VPC, "network")]]


def test_the_second_of_two_is_named_as_nobodys_with_the_command_that_deletes_it(stage: Stage) -> None:
    first, second = stage.new_droplet(), stage.new_droplet()
    stage.holds(pending=[pending(DROPLET, "servers", NAME)])
    ran = stage.recover()
    assert ran.code == 4
    [adopted] = stage.state.of(DROPLET)
    [left] = {first, second} - {adopted["id"]}
    assert f"! Droplet site-staging is in no state: python -m ci recover --stack staging --delete Droplet/{left}\n" in ran.out


def test_a_second_one_never_takes_the_place_of_what_the_state_has_but_is_named(stage: Stage) -> None:
    """Half of a replacement, or of a run before the one that made what serves now: the state alone can't tell."""
    serving, second = stage.new_droplet(), stage.new_droplet()
    stage.holds(*droplet(serving), pending=[pending(DROPLET, "servers", NAME)])
    ran = stage.recover()
    assert (ran.code, [found["id"] for found in stage.state.resources if found["type"] == DROPLET]) == (4, [serving])
    assert f"--delete Droplet/{second}" in ran.out
    assert stage.state.pending == []


@pytest.mark.parametrize("operation", ["updating", "deleting"])
def test_what_was_being_changed_or_deleted_is_looked_at(stage: Stage, operation: str) -> None:
    stage.holds(resource(CLUSTER, "database", "1", NAME), pending=[pending(CLUSTER, "database", NAME, operation)])
    stage.answer(cloud={urn(CLUSTER, "database"): None if operation == "deleting" else {"size": "new"}})
    ran = stage.recover()
    assert (ran.code, ran.out) == (0, f"✓ DatabaseCluster database: was {operation}; looked at what is there\n")
    assert stage.calls("refresh") == [["--yes", "--skip-preview", "--target", urn(CLUSTER, "database")]]
    assert stage.state.pending == []


@pytest.mark.parametrize("operation", ["updating", "deleting"])
def test_a_command_that_was_being_changed_is_not_asked_for(stage: Stage, operation: str) -> None:
    stage.holds(resource(COMMAND, "release", "1"), pending=[pending(COMMAND, "release", operation=operation)])
    assert stage.recover().code == 0
    assert not stage.calls("refresh")
    assert stage.state.pending == []


@pytest.mark.parametrize("type", [COMMAND, PASSWORD])
def test_what_is_nowhere_but_in_the_state_is_made_anew(stage: Stage, type: str) -> None:
    stage.holds(pending=[pending(type, "broker")])
    ran = stage.recover()
    assert (ran.code, ran.out) == (0, f"✓ {type.rpartition(':')[2]} broker: is made anew\n")
    assert stage.state.pending == []
