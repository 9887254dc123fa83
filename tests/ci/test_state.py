"""A stack's state, looked up and edited."""

from ci.state import State
from tests.ci.stage import COMMAND, DROPLET, SERVICE, VPC, Resource, resource, urn

NETWORK_URN, WEB = urn(VPC, "network"), urn(SERVICE, "web")


def state(*resources: Resource) -> State:
    return State({"version": 3, "deployment": {"resources": list(resources)}})


def test_an_empty_export_has_nothing() -> None:
    empty = State({"version": 3, "deployment": {}})
    assert (empty.resources, empty.pending, empty.outputs, empty.live(NETWORK_URN)) == ([], [], {}, None)
    empty.add(resource(VPC, "network"))
    assert empty.live(NETWORK_URN)


def test_what_waits_to_be_deleted_is_known_and_not_live() -> None:
    found = state(resource(DROPLET, "servers", "2"), resource(DROPLET, "servers", "1", delete=True))
    assert found.ids(DROPLET) == {"1", "2"}
    assert [old["id"] for old in found.replaced(DROPLET)] == ["1"]
    assert [new["id"] for new in found.of(DROPLET)] == ["2"]
    live = found.find(DROPLET, "servers")
    assert live is not None
    assert live["id"] == "2"


def test_another_of_the_same_urn_takes_the_old_ones_place() -> None:
    found = state(resource(VPC, "network", "0"), resource(DROPLET, "servers", "1"), resource(COMMAND, "ready", "3"))
    found.add(resource(DROPLET, "servers", "2"))
    assert [(kept["id"], bool(kept.get("delete"))) for kept in found.resources] == [("0", False), ("2", False), ("1", True), ("3", False)]


def test_one_that_was_deleted_to_be_replaced_is_forgotten() -> None:
    found = state(resource(VPC, "network", "0"), resource(SERVICE, "web", "1", pendingReplacement=True), resource(COMMAND, "ready", "3"))
    assert found.ids(SERVICE) == set()
    found.add(resource(SERVICE, "web", "1"))
    assert [kept["id"] for kept in found.resources] == ["0", "1", "3"]
    assert found.ids(SERVICE) == {"1"}


def test_what_is_dropped_leaves_no_dependency_behind() -> None:
    command = resource(
        COMMAND,
        "check",
        dependencies=[NETWORK_URN, WEB],
        propertyDependencies={"create": [WEB], "stdin": [NETWORK_URN, WEB], "triggers": None},
        deletedWith=WEB,
    )
    found = state(resource(VPC, "network", deletedWith=NETWORK_URN), resource(SERVICE, "web"), command)
    assert found.drop(lambda one: str(one["type"]).startswith("docker:")) == [WEB]
    assert [kept["type"] for kept in found.resources] == [VPC, COMMAND]
    kept = found.resources[1]
    assert kept["dependencies"] == [NETWORK_URN]
    assert kept["propertyDependencies"] == {"create": [], "stdin": [NETWORK_URN], "triggers": []}
    assert "deletedWith" not in kept
    assert found.resources[0]["deletedWith"] == NETWORK_URN, "what stays is still depended on"


def test_nothing_is_dropped_where_nothing_is_unwanted() -> None:
    found = state(resource(VPC, "network"))
    assert found.drop(lambda _: False) == []
    assert len(found.resources) == 1
