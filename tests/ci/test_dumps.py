"""What a host says of its dumps, and what is made of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ci.backups import as_json, told
from ci.dumps import Dumps, parsed

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DRILL = {"time": "2026-11-20T02:00:00Z", "good": True, "minutes": 7.5, "problem": ""}


def snapshot(hours: float, tag: str = "dump") -> dict[str, Any]:
    time = (NOW - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    return {"short_id": f"id{hours}", "time": time, "tags": [tag], "summary": {"total_bytes_processed": 2_000_000}}


def said(*snapshots: dict[str, Any], drill: dict[str, Any] | None = None, result: str = "success") -> Dumps:
    lines = [json.dumps(list(snapshots)), *([json.dumps(drill)] if drill else []), f"Result={result}", "ExecMainStatus=0"]
    return parsed("\n".join(lines))


def test_the_newest_dump_is_the_last_and_drills_are_none() -> None:
    found = said(snapshot(1), snapshot(25), snapshot(0.5, "drill"))
    assert [dump.id for dump in found.dumps] == ["id25", "id1"]
    assert not found.late(NOW)


def test_a_time_with_nanoseconds_is_read() -> None:
    assert said(snapshot(1) | {"time": "2026-11-21T11:00:00.123456789Z"}).dumps[0].time.minute == 0


@pytest.mark.parametrize("found", [said(snapshot(37)), said(), said(snapshot(1), result="exit-code")])
def test_an_old_one_none_at_all_and_a_failed_run_are_late(found: Dumps) -> None:
    assert found.late(NOW)
    assert told(found, NOW, "production")[0][0]


def test_a_failed_run_says_where_to_look() -> None:
    assert "journalctl -u site-backup.service" in told(said(snapshot(1), result="exit-code"), NOW, "production")[0][1]


def test_a_drill_is_told_with_its_minutes_and_is_late_after_nine_days() -> None:
    assert told(said(snapshot(1), drill=DRILL), NOW, "production")[1] == (
        False,
        "the last drill, of 2026-11-20 02:00 UTC, recovered in 7.5 minutes",
    )
    assert told(said(snapshot(1), drill=DRILL | {"time": "2026-11-10T02:00:00Z"}), NOW, "production")[1][0]


def test_a_drill_that_failed_is_something_to_do() -> None:
    bad, text = told(said(snapshot(1), drill=DRILL | {"good": False, "problem": "it lacks migrations"}), NOW, "production")[1]
    assert (bad, text.endswith("failed: it lacks migrations")) == (True, True)


def test_a_script_gets_the_same() -> None:
    found = as_json(said(snapshot(1), drill=DRILL), NOW)
    assert found["dumps"] == {"newest": "2026-11-21T11:00:00+00:00", "count": 1, "bytes": 2_000_000, "failed": False, "late": False}
    assert found["drill"] == DRILL
