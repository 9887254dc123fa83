"""What a release and a rollback do about the migrations between two images."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ci.migrations import Migration, Migrations
from ci.release import ReleaseError
from tests.ci.running import NEW, OLD, Running

FIRST = Migration(app="guestbook", name="0001_initial", sql=("CREATE TABLE guestbook_entry (id int)",), applied=True)
DROP = Migration(app="guestbook", name="0002_drop", sql=("ALTER TABLE guestbook_entry DROP COLUMN words",), reversible=True)
TABLES = {"guestbook_entry": frozenset({"id", "words"})}


def migrations(*found: Migration) -> Migrations:
    return Migrations(migrations=found, applied=frozenset(one.key for one in found if one.applied), tables=TABLES)


def test_production_does_not_begin_a_release_that_takes_away_what_the_old_code_reads(running: Callable[..., Running]) -> None:
    ran = running(stack="production", migrations={OLD: migrations(FIRST), NEW: migrations(FIRST, DROP)})
    with pytest.raises(ReleaseError, match=r"guestbook\.0002_drop removes column entry\.words(.|\n)*Run it again with --acknowledge"):
        ran.run(NEW)
    assert "up bbbb" not in ran.done
    assert any("you can't go back because guestbook.0002_drop removes column entry.words" in line for line in ran.said)
    assert ran.run(NEW, acknowledged=True) == NEW


def test_staging_says_so_and_goes_on(running: Callable[..., Running]) -> None:
    ran = running(migrations={OLD: migrations(FIRST), NEW: migrations(FIRST, DROP)})
    assert ran.run(NEW) == NEW
    assert any("you can't go back because" in line for line in ran.said)


def test_going_back_to_code_that_can_not_work_with_the_schema_is_refused_unless_forced(running: Callable[..., Running]) -> None:
    newer, older = migrations(FIRST, replace(DROP, applied=True)), replace(migrations(FIRST), applied=frozenset({FIRST.key, DROP.key}))
    ran = running(migrations={OLD: newer, NEW: older})
    with pytest.raises(
        ReleaseError, match=r"you can't go back because guestbook\.0002_drop(.|\n)*migrate guestbook 0001_initial(.|\n)*--force"
    ):
        ran.run(NEW, back=True)
    assert "up bbbb" not in ran.done
    assert ran.run(NEW, back=True, acknowledged=True) == NEW
