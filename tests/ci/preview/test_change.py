"""What a preview would do, read from the engine's events."""

from typing import Any

from ci.preview.change import changes
from policy.resource import UNKNOWN

SITE = "urn:pulumi:staging::site::site:infra:Site"


def event(op: str, type: str = "docker:index/service:Service", name: str = "web", *, custom: bool = True, **more: Any) -> dict[str, Any]:
    """A step of a preview."""
    urn = f"{SITE}${type}::{name}"
    state = {"custom": custom, "inputs": more.pop("inputs", {})}
    return {"resourcePreEvent": {"metadata": {"op": op, "urn": urn, "type": type, "old": state, "new": state, **more}, "planning": True}}


def test_a_resource_is_told_once_with_what_differs() -> None:
    diff = {"taskSpec.containerSpec.image": {"diffKind": "update"}, "taskSpec.containerSpec.sysctl": {"diffKind": "add"}}
    [found] = changes([event("update", diffs=["taskSpec"], detailedDiff=diff)])
    assert (found.op, found.properties, found.name, found.kind, found.component) == (
        "update",
        ("taskSpec.containerSpec.image",),
        "web",
        "docker Service",
        "Site",
    )


def test_a_replacement_is_one_change_whatever_its_steps() -> None:
    diff = {"create": {"diffKind": "update"}, "triggers[0]": {"diffKind": "update-replace"}}
    steps = [event(op, detailedDiff=diff) for op in ("delete-replaced", "create-replacement", "replace", "delete-replaced")]
    [found] = changes(steps)
    assert (found.op, found.properties) == ("replace", ("triggers[0]", "create"))


def test_without_a_detailed_difference_the_names_are_told() -> None:
    [found] = changes([event("update", diffs=["b", "a"], detailedDiff=None)])
    assert found.properties == ("a", "b")


def test_where_the_provider_could_not_compare_what_is_declared_otherwise_counts() -> None:
    raw = event("update", detailedDiff=None, diffs=None)
    old = {
        "__defaults": ["name"],
        "name": "made-up",
        "labels": [{"__defaults": [], "value": "1", "kept": True}],
        "image": "a",
        "mounts": [{"source": "media"}],
    }
    new = {"labels": [{"value": "1"}], "image": "b", "mounts": [{"source": UNKNOWN}]}
    raw["resourcePreEvent"]["metadata"] |= {"old": {"custom": True, "inputs": old}, "new": {"custom": True, "inputs": new}}
    assert [found.properties for found in changes([raw, event("update", name="same", inputs={"a": 1})])] == [("image",), ()]


def test_components_the_engines_own_providers_and_what_stays_are_left_out() -> None:
    steps = [event("same"), event("update", custom=False), event("update", type="pulumi:providers:docker", name="default_5_2_0")]
    assert changes([*steps, {"summaryEvent": {}}, {"diagnosticEvent": {"message": "x"}}]) == []


def test_what_is_deleted_has_what_it_was() -> None:
    raw = event("delete", inputs={"name": "web"})
    raw["resourcePreEvent"]["metadata"]["new"] = None
    [found] = changes([raw])
    assert (found.op, found.old, found.new, found.properties) == ("delete", {"name": "web"}, {}, ())
