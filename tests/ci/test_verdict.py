"""Verdicts on releases and rollbacks."""

from collections.abc import Sequence
from typing import Any

from ci.migrations import Key, Meaning, Migration, Migrations
from ci.verdict import beyond, release, rollback

CREATED, DROP = "CREATE TABLE guestbook_entry (id int)", "ALTER TABLE guestbook_entry DROP COLUMN words"
INDEX = "CREATE INDEX by_words ON guestbook_entry (words)"
TABLES = {"guestbook_entry": frozenset({"id", "words"})}


def one(name: str, *sql: str, applied: bool = False, app: str = "guestbook", **told: Any) -> Migration:
    return Migration(app=app, name=name, sql=sql, applied=applied, **told)


def image(*migrations: Migration, also: Sequence[Key] = (), tables: dict[str, frozenset[str]] = TABLES) -> Migrations:
    applied = {found.key for found in migrations if found.applied} | set(also)
    return Migrations(migrations=migrations, applied=frozenset(applied), tables=tables)


FIRST = one("0001_initial", CREATED, applied=True)
OLD = image(FIRST)


def test_a_release_without_migrations_can_be_taken_back() -> None:
    verdict = release(OLD, OLD)
    assert (verdict.runs, verdict.back, verdict.stops("production")) == ((), True, "")
    assert verdict.sentence == "after this release you can go back: it has no migration to run"


def test_an_additive_release_can_be_taken_back_and_stops_nowhere() -> None:
    new = one("0002_mood", "ALTER TABLE guestbook_entry ADD COLUMN mood int")
    verdict = release(OLD, image(FIRST, new))
    assert (verdict.runs, verdict.back, verdict.stops("production")) == ((new,), True, "")
    assert verdict.sentence == "after this release you can go back: the old code works with guestbook.0002_mood"


def test_a_dropped_column_that_the_old_code_reads_can_not_be_taken_back() -> None:
    verdict = release(OLD, image(FIRST, one("0003_drop", DROP)))
    assert verdict.back is False
    assert verdict.sentence == (
        "after this release you can't go back because guestbook.0003_drop removes column entry.words, which the old code reads"
    )


def test_a_dropped_column_that_the_old_code_has_no_longer_can_be_taken_back() -> None:
    old = image(FIRST, tables={"guestbook_entry": frozenset({"id"})})
    verdict = release(old, image(FIRST, one("0003_drop", DROP)))
    assert (verdict.back, verdict.stops("production")) == (True, "")


def test_production_stops_for_each_grave_finding_and_another_stack_does_not() -> None:
    verdict = release(OLD, image(FIRST, one("0003_drop", DROP), one("0004_index", INDEX)))
    said = verdict.stops("production")
    assert "guestbook.0003_drop removes column entry.words" in said
    assert "guestbook.0004_index locks entry against writes while the index is built (CREATE_INDEX)" in said
    assert said.endswith("Run it again with --acknowledge.")
    assert verdict.stops("staging") == ""


def test_a_locking_release_stops_production_and_can_be_taken_back() -> None:
    verdict = release(OLD, image(FIRST, one("0002_index", INDEX)))
    assert verdict.back is True
    assert verdict.stops("production")


def test_what_a_new_app_did_to_its_own_tables_does_not_matter() -> None:
    made = one("0001_initial", "CREATE TABLE shop_order (id int, at int)", app="shop")
    changed = one("0002_at", "ALTER TABLE shop_order DROP COLUMN at", "CREATE INDEX i ON shop_order (id)", app="shop")
    for old in (OLD, Migrations(unknown="why")):
        assert release(old, image(FIRST, made, changed)).findings == ()


def test_what_can_not_be_read_is_said_and_not_refused() -> None:
    verdict = release(OLD, image(FIRST, one("0002_data", "UPDATE guestbook_entry SET words = 1")))
    assert (verdict.back, verdict.stops("production")) == (True, "")
    assert "as far as can be read: guestbook.0002_data runs SQL whose effect can't be read" in verdict.sentence


def test_a_migration_that_the_old_image_has_too_does_not_keep_from_going_back() -> None:
    pending = one("0003_drop", DROP)
    verdict = release(image(FIRST, pending), image(FIRST, pending))
    assert (verdict.runs, verdict.back) == ((pending,), True)


def test_an_unknown_image_leaves_it_open_and_the_new_ones_locks_still_stop() -> None:
    unknown = Migrations(unknown="the image has no manage.py where it starts")
    assert (release(OLD, unknown).back, release(OLD, unknown).stops("production")) == (None, "")
    assert release(OLD, unknown).sentence.endswith("because the image has no manage.py where it starts")
    verdict = release(unknown, image(FIRST, one("0002_index", INDEX)))
    assert verdict.back is None
    assert verdict.stops("production")


def test_a_rollback_over_additive_and_locking_migrations_is_possible() -> None:
    verdict = rollback(image(FIRST, one("0002_index", INDEX, applied=True)), OLD)
    assert (verdict.back, verdict.runs, verdict.stops("production")) == (True, (), "")
    assert [finding.meaning for finding in verdict.findings if finding.code == "CREATE_INDEX"] == [Meaning.LOCKING]
    assert verdict.sentence == "you can go back: the old code works with guestbook.0002_index"


def test_a_rollback_over_a_dropped_column_is_refused_with_the_way_to_reverse_it() -> None:
    verdict = rollback(image(FIRST, one("0002_drop", DROP, applied=True)), OLD)
    assert verdict.back is False
    assert "guestbook.0002_drop removes column entry.words, which the old code reads" in verdict.sentence
    assert verdict.sentence.endswith("python manage.py migrate guestbook 0001_initial")


def test_an_app_that_the_old_image_lacks_is_reversed_to_zero_and_the_last_goes_first() -> None:
    new = one("0001_initial", "CREATE TABLE shop_order (id int)", applied=True, app="shop")
    sentence = rollback(image(FIRST, one("0002_drop", DROP, applied=True), new), OLD).sentence
    assert sentence.endswith("python manage.py migrate shop zero && python manage.py migrate guestbook 0001_initial")


def test_what_can_not_be_reversed_is_named() -> None:
    sentence = rollback(image(FIRST, one("0002_drop", DROP, applied=True, reversible=False)), OLD).sentence
    assert sentence.endswith("it can't be reversed first either: guestbook.0002_drop is not reversible")


def test_a_migration_that_is_not_applied_is_no_matter_for_a_rollback() -> None:
    assert rollback(image(FIRST, one("0002_drop", DROP)), OLD).back is True


def test_a_rollback_from_or_to_an_unknown_image_can_not_be_told() -> None:
    unknown = Migrations(unknown="the image's Django ends with KeyError")
    for verdict in (rollback(unknown, OLD), rollback(OLD, unknown)):
        assert (verdict.back, verdict.sentence) == (
            None,
            "can't tell whether you can go back because the image's Django ends with KeyError",
        )


def test_what_is_on_record_and_not_in_an_image_is_beyond_it() -> None:
    squash = one("0001_squashed", applied=True, replaces=(("guestbook", "0001_initial"),))
    assert beyond(image(squash, also=[("guestbook", "0001_initial"), ("guestbook", "0002_drop")])) == (("guestbook", "0002_drop"),)
