"""A report: sources that are slow, broken or silent are told, and hold up nobody."""

import threading
import time
from typing import Any, cast

import pytest

from ci.status.fact import Fact, State
from ci.status.report import Report, Source
from ci.status.subject import Subject
from ci.thing import CloudError

SUBJECT = Subject(
    stack="staging",
    exports={"url": "https://site.example"},
    services=frozenset(),
    cluster="",
    dumped=False,
    secret_ages={},
    host=None,
    account=cast(Any, None),
    releases=lambda: None,
    updates=lambda: [],
    drift=lambda: [],
)


def fact(state: State = "ok", name: str = "one") -> Fact:
    return Fact(topic="test", name=name, value="value", state=state, data={"count": 1})


def report(*sources: Source) -> Report:
    return Report.of(SUBJECT, sources)


def test_a_source_that_never_ends_is_left_behind() -> None:
    never, began = threading.Event(), time.monotonic()
    found = report(Source("test", "never", lambda _: [fact()] * never.wait(60), limit=0.2), Source("test", "one", lambda _: [fact()]))
    assert time.monotonic() - began < 5
    assert [(one.name, one.value, one.state) for one in found.facts] == [
        ("never", "unknown: no answer within 0 s", "unknown"),
        ("one", "value", "ok"),
    ]
    never.set()


def test_all_sources_are_asked_at_once() -> None:
    together = threading.Barrier(3, timeout=10)

    def ask(_subject: Subject) -> list[Fact]:
        together.wait()
        return [fact()]

    assert report(*(Source("test", str(number), ask) for number in range(3))).state == "ok"


@pytest.mark.parametrize(
    ("error", "value"), [(CloudError("DigitalOcean:\n401"), "unknown: DigitalOcean: 401"), (KeyError("size"), "unknown: KeyError: 'size'")]
)
def test_a_source_that_fails_says_why(error: Exception, value: str) -> None:
    def ask(_subject: Subject) -> list[Fact]:
        raise error

    [found] = report(Source("test", "broken", ask)).facts
    assert (found.topic, found.name, found.value, found.state) == ("test", "broken", value, "unknown")


def test_where_there_is_nothing_to_know_nothing_is_said() -> None:
    assert report(Source("test", "none", lambda _: [])).facts == ()


@pytest.mark.parametrize(
    ("states", "state", "code"),
    [
        (["ok", "ok"], "ok", 0),
        (["ok", "unknown"], "unknown", 1),
        (["unknown", "warn"], "warn", 4),
        (["bad", "warn", "unknown"], "bad", 4),
        ([], "ok", 0),
    ],
)
def test_the_gravest_fact_decides(states: list[State], state: State, code: int) -> None:
    found = report(Source("test", "all", lambda _: [fact(one) for one in states]))
    assert (found.state, found.code) == (state, code)


def test_what_is_told_to_scripts_can_be_read_back() -> None:
    found = report(Source("test", "all", lambda _: [fact("bad"), fact(name="two")]))
    assert Report.parse(found.told) == found
