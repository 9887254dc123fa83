"""The engine's events as people are told them."""

from types import SimpleNamespace
from typing import Any

import pytest

from ci.events import Event
from ci.teller import Teller, exported
from tests.ci.stage import COMMAND, DROPLET, VPC, urn


def step(key: str, op: str, type: str = VPC, name: str = "network", *, custom: bool = True) -> dict[str, Any]:
    return {key: {"metadata": {"op": op, "urn": urn(type, name), "type": type, "new": {"custom": custom}}}}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What is told of a stream, on a clock that goes a second on at each look."""
    now = iter(range(1000))
    monkeypatch.setattr("ci.teller.time", SimpleNamespace(monotonic=lambda: float(next(now))))
    return []


def tell(told: list[Event], *events: dict[str, Any]) -> list[tuple[str, str, str, float]]:
    hear = Teller(told.append)
    for event in events:
        hear(event)
    return [(event.kind, event.op, event.name, event.seconds) for event in told]


def test_what_began_ends_after_its_own_seconds_also_between_others(told: list[Event]) -> None:
    assert tell(
        told,
        step("resourcePreEvent", "create"),
        step("resourcePreEvent", "update", DROPLET, "servers"),
        step("resOutputsEvent", "update", DROPLET, "servers"),
        step("resOutputsEvent", "create"),
    ) == [
        ("started", "create", "network", 0),
        ("started", "update", "servers", 0),
        ("finished", "update", "servers", 1),
        ("finished", "create", "network", 3),
    ]
    assert told[0].urn == urn(VPC, "network")
    assert told[0].type == VPC


def test_the_two_halves_of_a_replacement_are_two_pairs(told: list[Event]) -> None:
    halves = ("create-replacement", "delete-replaced")
    pairs = [step(key, op) for op in halves for key in ("resourcePreEvent", "resOutputsEvent")]
    assert [(kind, op) for kind, op, *_ in tell(told, *pairs)] == [
        ("started", "replace"),
        ("finished", "replace"),
        ("started", "delete"),
        ("finished", "delete"),
    ]


def test_an_end_without_a_beginning_took_no_time(told: list[Event]) -> None:
    assert tell(told, step("resOutputsEvent", "create")) == [("finished", "create", "network", 0)]


@pytest.mark.parametrize(
    "event",
    [
        step("resourcePreEvent", "same"),
        step("resourcePreEvent", "replace"),
        step("resourcePreEvent", "create", "site:infra:Network", custom=False),
        step("resourcePreEvent", "create", "pulumi:providers:tls", "default_5_0_0::default"),
        {"preludeEvent": {}},
        {"diagnosticEvent": {"severity": "info", "message": "hm"}},
    ],
)
def test_what_changes_nothing_is_not_told(told: list[Event], event: dict[str, Any]) -> None:
    assert tell(told, event) == []


def test_a_deletion_is_known_by_what_there_was(told: list[Event]) -> None:
    event = step("resourcePreEvent", "delete")
    event["resourcePreEvent"]["metadata"] |= {"new": None, "old": {"custom": True}}
    assert tell(told, event) == [("started", "delete", "network", 0)]


def test_failures_and_warnings_are_told_in_their_own_words(told: list[Event]) -> None:
    tell(
        told,
        {"diagnosticEvent": {"severity": "error", "urn": urn(VPC, "network"), "message": "quota\n"}},
        {"diagnosticEvent": {"severity": "warning", "message": "soon gone\n"}},
    )
    assert [(event.kind, event.urn, event.message) for event in told] == [
        ("failed", urn(VPC, "network"), "network: quota"),
        ("said", "", "soon gone"),
    ]


def test_of_what_commands_print_only_the_word_that_a_service_runs_is_told(told: list[Event]) -> None:
    def printed(name: str, message: str) -> dict[str, Any]:
        return {"diagnosticEvent": {"severity": "info", "urn": urn(COMMAND, name), "message": message}}

    tell(told, printed("release", "Operations to perform:\n"), printed("web-runs", "web: 2 of 2 run\n"), printed("web-runs", "\n"))
    assert [(event.kind, event.urn, event.message) for event in told] == [("said", urn(COMMAND, "web-runs"), "web: 2 of 2 run")]


def test_what_a_check_says_is_told_at_once_when_it_has_ended(told: list[Event]) -> None:
    said = [
        {"diagnosticEvent": {"severity": "info", "urn": urn(COMMAND, "release-check"), "message": line}} for line in ("W004\n", "\n", "one")
    ]
    hear = Teller(told.append)
    for event in [step("resourcePreEvent", "create", COMMAND, "release-check"), *said]:
        hear(event)
    assert [event.kind for event in told] == ["started"], "what one that fails says is in its failure"
    hear(step("resOutputsEvent", "create", COMMAND, "release-check"))
    assert [(event.kind, event.message) for event in told[1:]] == [("said", "W004\none"), ("finished", "")]


def test_exports_are_read_from_the_stacks_own_event() -> None:
    found = {"resOutputsEvent": {"metadata": {"type": "pulumi:pulumi:Stack", "new": {"outputs": {"image": "b"}}}}}
    assert exported(found) == {"image": "b"}
    assert exported(step("resOutputsEvent", "update")) is None
    assert exported({"summaryEvent": {}}) is None
