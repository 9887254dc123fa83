"""The dumps and the drill, as the status tells them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from ci.dumps import Dump, Dumps
from ci.host import HostError
from ci.status import dumps
from ci.status.report import Report, Source
from tests.ci.status.test_report import SUBJECT

DUMPED = replace(SUBJECT, dumped=True, host=cast(Any, object()))
GOOD = {"time": datetime.now(UTC).isoformat(), "good": True, "minutes": 0.4, "problem": ""}


def told(monkeypatch: pytest.MonkeyPatch, *, hours: float | None, drill: dict[str, Any] | None = None, failed: bool = False) -> Report:
    made = () if hours is None else (Dump(id="1", time=datetime.now(UTC) - timedelta(hours=hours), size=2_000_000),)
    monkeypatch.setattr(dumps, "dumps", lambda _: Dumps(dumps=made, drill=drill, failed=failed))
    return Report.of(DUMPED, [Source("database", "last dump", dumps.kept)])


def test_a_dump_of_tonight_and_a_good_drill_leave_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    report = told(monkeypatch, hours=5, drill=GOOD)
    assert report.code == 0
    assert "the newest of 1 dumps is 5.0 hours old, 2.0 MB" in report.facts[0].value
    assert "recovered in 0.4 minutes" in report.facts[1].value


@pytest.mark.parametrize(("hours", "failed"), [(40, False), (5, True), (None, False)])
def test_a_dump_that_is_late_failed_or_missing_is_bad(monkeypatch: pytest.MonkeyPatch, hours: float | None, failed: bool) -> None:
    dump, _ = told(monkeypatch, hours=hours, drill=GOOD, failed=failed).facts
    assert (dump.state, dump.hint) == ("bad", "python -m ci backups --stack staging")


@pytest.mark.parametrize(
    ("change", "state"),
    [({"good": False, "problem": "it lacks migrations"}, "bad"), ({"time": (datetime.now(UTC) - timedelta(days=10)).isoformat()}, "bad")],
)
def test_a_drill_that_failed_or_is_long_ago_is_to_be_done_again(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], state: str
) -> None:
    _, drill = told(monkeypatch, hours=1, drill=GOOD | change).facts
    assert (drill.state, drill.hint) == (state, "python -m ci drill --stack staging")


def test_a_host_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_host: object) -> Dumps:
        raise HostError("the host does not answer")

    monkeypatch.setattr(dumps, "dumps", fail)
    [fact] = Report.of(DUMPED, [Source("database", "last dump", dumps.kept)]).facts
    assert (fact.value, fact.state) == ("unknown: the host does not answer", "unknown")


def test_a_stack_without_dumps_says_nothing_of_them() -> None:
    assert dumps.kept(SUBJECT) == []
