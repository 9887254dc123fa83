"""What is found in the SQL of migrations that people have written themselves."""

import pytest

from ci.migration_sql import Sql


def found_in(sql: str) -> dict[str, str]:
    """Code to `table.column` of what was found."""
    return {
        one.code: ".".join(part for part in (one.table, one.column) if part) for one in Sql(sql=(sql,), retyped={}, atomic=True).found()
    }


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("alter table guestbook_entry drop words", {"DROP_COLUMN": "guestbook_entry.words"}),
        ("-- why\nalter table only public.guestbook_entry\n  rename words to n;", {"RENAME_COLUMN": "guestbook_entry.words"}),
        ('SET lock_timeout = 1; ALTER TABLE "e" ADD "a" int, DROP COLUMN IF EXISTS "b" CASCADE', {"DROP_COLUMN": "e.b"}),
        ("ALTER TABLE e ADD COLUMN a numeric(6, 2) NOT NULL DEFAULT 0", {}),
        ("ALTER TABLE e ADD COLUMN a int NOT NULL", {"NOT_NULL": "e.a"}),
        ("ALTER TABLE e ADD COLUMN a bigserial", {"REWRITE": "e.a"}),
        ("ALTER TABLE e ADD UNIQUE (a)", {"ADD_UNIQUE": "e"}),
        ("ALTER TABLE e ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES o (id) NOT VALID", {}),
        ("ALTER TABLE e VALIDATE CONSTRAINT c", {}),
        ("ALTER TABLE e ADD CONSTRAINT c UNIQUE USING INDEX i", {}),
        ("create index concurrently if not exists i on e (a)", {}),
        ("create index i on e using gin (a) where b > 0", {"CREATE_INDEX": "e"}),
        ("DROP TABLE IF EXISTS a, public.b CASCADE", {"DROP_TABLE": "b"}),
        ("DROP INDEX i", {"DROP_INDEX": ""}),
        ("ALTER TABLE e SET SCHEMA elsewhere", {"RUN_SQL": ""}),
        ("DO $$ BEGIN EXECUTE 'x'; END $$", {"RUN_SQL": ""}),
        ("COMMENT ON TABLE e IS 'DROP TABLE e; -- no'", {}),
    ],
)
def test_sql_of_a_persons_own_is_judged_in_any_spelling(sql: str, found: dict[str, str]) -> None:
    assert found_in(sql) == found


def test_all_tables_of_a_drop_are_named() -> None:
    assert [one.table for one in Sql(sql=("DROP TABLE a, public.b",), retyped={}, atomic=True).found()] == ["a", "b"]
