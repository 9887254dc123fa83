"""Whether the database was backed up lately."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ci.backups import overdue
from tests.ci.stage import CLUSTER, Stage, resource

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ago(hours: int) -> datetime:
    return NOW - timedelta(hours=hours)


def test_a_daily_backup_is_not_late() -> None:
    assert not overdue([ago(49), ago(25), ago(35)], made=ago(1000), now=NOW)


def test_a_day_that_was_left_out_is() -> None:
    assert overdue([ago(61), ago(37)], made=ago(1000), now=NOW)
    assert overdue([], made=ago(37), now=NOW)


def test_a_database_that_was_just_made_needs_none_yet() -> None:
    assert not overdue([], made=ago(2), now=NOW)


@pytest.mark.integration
def test_the_newest_is_told(stage: Stage) -> None:
    stage.holds(resource(CLUSTER, "database", stage.new_cluster()))
    ran = stage.ci("backups")
    assert (ran.code, ran.out[:26]) == (0, "✓ DigitalOcean: the newest")
    told = json.loads(stage.ci("backups", "--json").out)
    assert (told["count"], told["late"]) == (1, False)


@pytest.mark.integration
def test_a_stack_without_a_database_is_told_so(stage: Stage) -> None:
    stage.holds()
    ran = stage.ci("backups")
    assert (ran.code, "python -m ci up --stack staging makes it" in ran.err) == (1, True)


@pytest.mark.integration
def test_a_database_that_is_gone_is_an_error(stage: Stage) -> None:
    stage.holds(resource(CLUSTER, "database", "00000000-0000-4000-8000-000000000000"))
    ran = stage.ci("backups")
    assert (ran.code, "there is no database cluster 00000000" in ran.err) == (1, True)
