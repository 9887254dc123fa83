"""What migrations mean, from the SQL that Django itself writes for Postgres, without a server."""

from collections.abc import Callable
from typing import Any

import pytest

from ci.migrations import Finding, Meaning, Migration, Migrations, Operation

db = pytest.importorskip("django.db.migrations")
models = pytest.importorskip("django.db.models")
conf = pytest.importorskip("django.conf")
state_module = pytest.importorskip("django.db.migrations.state")
postgresql = pytest.importorskip("django.db.backends.postgresql.base")
Meant = Callable[..., Migration]

_BEFORE = (
    db.CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
    db.CreateModel(
        "Entry",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=80)),
            ("words", models.IntegerField(null=True)),
            ("price", models.DecimalField(max_digits=6, decimal_places=2, null=True)),
            ("kept", models.IntegerField(db_default=3)),
        ],
    ),
)


@pytest.fixture(scope="module")
def meant() -> Meant:
    """Makes a migration of operations on a guestbook, as an image tells of it."""
    if not conf.settings.configured:
        conf.settings.configure(USE_TZ=True, LOGGING_CONFIG=None)
        pytest.importorskip("django").setup()
    names = ("HOST", "PORT", "USER", "PASSWORD", "TIME_ZONE")
    options: dict[str, Any] = {
        "NAME": "none",
        "OPTIONS": {},
        "CONN_MAX_AGE": 0,
        "AUTOCOMMIT": True,
        "CONN_HEALTH_CHECKS": False,
        **dict.fromkeys(names),
    }
    connection = postgresql.DatabaseWrapper(options)
    # For these two Django would ask the server.
    connection.pg_version = 170000
    quote = connection.schema_editor().quote_value
    connection.ops.compose_sql = lambda sql, values: sql % tuple(quote(value) for value in values) if values else sql

    def make(*operations: Any) -> Migration:
        state = state_module.ProjectState()
        for operation in _BEFORE:
            operation.state_forwards("guestbook", state)
        migration = db.Migration("0003_next", "guestbook")
        migration.operations = operations
        before = state.clone()
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        types = [
            {(m._meta.db_table, f.column): f.db_type(connection) for m in one.apps.get_models() for f in m._meta.local_fields}
            for one in (before, state)
        ]
        return Migration(
            app="guestbook",
            name="0003_next",
            operations=tuple(Operation(kind=type(one).__name__, says=one.describe(), hidden=not one.reduces_to_sql) for one in operations),
            sql=tuple(editor.collected_sql),
            retyped={key: (types[0][key], types[1][key]) for key in types[0] if key in types[1]},
        )

    return make


def codes(migration: Migration) -> dict[str, str]:
    """Code to `table.column` of what was found."""
    return {one.code: ".".join(part for part in (one.table, one.column) if part) for one in migration.findings}


def of_sql(*sql: str, **told: Any) -> Migration:
    return Migration(app="guestbook", name="0003_next", sql=sql, **told)


def altered(field: Any, name: str = "name") -> Any:
    return db.AlterField("entry", name, field)


def test_a_nullable_column_and_a_new_table_with_indexes_are_additive(meant: Meant) -> None:
    added = db.AddField("entry", "mood", models.CharField(max_length=5, null=True))
    fields = [("id", models.BigAutoField(primary_key=True)), ("at", models.IntegerField(db_index=True, unique=True))]
    table = db.CreateModel("Tick", [*fields, ("by", models.ForeignKey("guestbook.Author", models.CASCADE))])
    migration = meant(added, table, db.AddConstraint("tick", models.CheckConstraint(condition=models.Q(at__gt=0), name="late")))
    assert (migration.meaning, migration.findings) == (Meaning.ADDITIVE, ())


def test_a_dropped_column_is_contracting(meant: Meant) -> None:
    migration = meant(db.RemoveField("entry", "words"))
    assert codes(migration) == {"DROP_COLUMN": "guestbook_entry.words"}
    assert migration.meaning is Meaning.CONTRACTING
    assert str(migration.findings[0]) == "guestbook.0003_next removes column entry.words, which the old code reads (DROP_COLUMN)"


def test_renaming_and_dropping_are_contracting(meant: Meant) -> None:
    assert codes(meant(db.RenameField("entry", "words", "count"))) == {"RENAME_COLUMN": "guestbook_entry.words"}
    assert codes(meant(db.RenameModel("Entry", "Line"))) == {"RENAME_TABLE": "guestbook_entry"}
    assert codes(meant(db.DeleteModel("Entry"))) == {"DROP_TABLE": "guestbook_entry"}


def test_a_new_column_without_a_database_default_is_contracting(meant: Meant) -> None:
    migration = meant(db.AddField("entry", "mood", models.IntegerField(default=5)))
    assert codes(migration) == {"NOT_NULL": "guestbook_entry.mood"}
    assert migration.meaning is Meaning.CONTRACTING


def test_a_new_column_with_a_database_default_is_additive_unless_each_row_gets_its_own(meant: Meant) -> None:
    database = pytest.importorskip("django.db.models.functions")
    assert meant(db.AddField("entry", "mood", models.IntegerField(db_default=5))).findings == ()
    assert meant(db.AddField("entry", "at", models.DateTimeField(db_default=database.Now()))).findings == ()
    assert codes(meant(db.AddField("entry", "luck", models.FloatField(db_default=database.Random())))) == {
        "REWRITE": "guestbook_entry.luck"
    }


def test_the_default_of_another_column_does_not_excuse_one_without(meant: Meant) -> None:
    migration = meant(
        db.AddField("entry", "a", models.IntegerField(default=5)), db.AddField("entry", "b", models.IntegerField(db_default=5))
    )
    assert codes(migration) == {"NOT_NULL": "guestbook_entry.a"}


def test_a_check_on_a_new_column_reads_every_row(meant: Meant) -> None:
    migration = meant(db.AddField("entry", "count", models.PositiveIntegerField(null=True)))
    assert codes(migration) == {"ADD_CONSTRAINT": "guestbook_entry.count"}
    assert migration.meaning is Meaning.LOCKING


def test_a_foreign_key_of_a_new_column_locks_for_its_index_alone(meant: Meant) -> None:
    migration = meant(db.AddField("entry", "by", models.ForeignKey("guestbook.Author", models.CASCADE, null=True)))
    assert codes(migration) == dict.fromkeys(("CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"), "guestbook_entry")


def test_an_index_on_an_old_table_locks_even_after_one_on_a_new_table(meant: Meant) -> None:
    new = db.CreateModel("Tick", [("id", models.BigAutoField(primary_key=True)), ("at", models.IntegerField(db_index=True))])
    assert codes(meant(new, db.AddIndex("entry", models.Index("words", name="by_words")))) == {"CREATE_INDEX": "guestbook_entry"}


def test_an_index_made_concurrently_is_additive(meant: Meant) -> None:
    postgres = pytest.importorskip("django.contrib.postgres.operations")
    assert meant(postgres.AddIndexConcurrently("entry", models.Index("words", name="by_words"))).meaning is Meaning.ADDITIVE


def test_unique_and_check_constraints_on_an_old_table_are_locking(meant: Meant) -> None:
    unique = meant(db.AddConstraint("entry", models.UniqueConstraint(fields=["name"], name="once")))
    check = meant(db.AddConstraint("entry", models.CheckConstraint(condition=models.Q(words__gt=0), name="some")))
    assert (codes(unique), codes(check)) == ({"ADD_UNIQUE": "guestbook_entry"}, {"ADD_CONSTRAINT": "guestbook_entry"})
    assert {unique.meaning, check.meaning} == {Meaning.LOCKING}


def test_set_not_null_is_both_locking_and_contracting_whatever_the_default(meant: Meant) -> None:
    for field in (models.IntegerField(default=0), models.IntegerField(db_default=0)):
        found = codes(meant(altered(field, "words")))
        assert found.keys() >= {"SET_NOT_NULL", "NOT_NULL"}
        assert found["NOT_NULL"] == "guestbook_entry.words"


def test_losing_a_database_default_is_contracting_and_dropping_not_null_is_not(meant: Meant) -> None:
    assert codes(meant(altered(models.IntegerField(), "kept"))) == {"DROP_DEFAULT": "guestbook_entry.kept"}
    assert meant(altered(models.CharField(max_length=80, null=True))).findings == ()


@pytest.mark.parametrize(
    ("field", "name", "found"),
    [
        (models.CharField(max_length=120), "name", set()),
        (models.TextField(), "name", set()),
        (models.CharField(max_length=20), "name", {"ALTER_COLUMN", "REWRITE"}),
        (models.BigIntegerField(null=True), "words", {"REWRITE"}),
        (models.SmallIntegerField(null=True), "words", {"ALTER_COLUMN", "REWRITE"}),
        (models.DecimalField(max_digits=8, decimal_places=2, null=True), "price", set()),
        (models.DecimalField(max_digits=8, decimal_places=3, null=True), "price", {"REWRITE"}),
        (models.DecimalField(max_digits=6, decimal_places=3, null=True), "price", {"ALTER_COLUMN", "REWRITE"}),
        (models.UUIDField(null=True), "words", {"ALTER_COLUMN", "REWRITE"}),
    ],
)
def test_a_wider_type_is_not_contracting_and_a_narrower_one_is(meant: Meant, field: Any, name: str, found: set[str]) -> None:
    assert codes(meant(altered(field, name))).keys() == found


def test_a_change_of_type_tells_both_types_and_without_the_earlier_one_is_contracting(meant: Meant) -> None:
    said = [one.does for one in meant(altered(models.CharField(max_length=20))).findings if one.code == "ALTER_COLUMN"]
    assert said == ["changes the type of entry.name from varchar(80) to varchar(20), which may not hold what the old code writes"]
    assert "ALTER_COLUMN" in codes(of_sql("alter table guestbook_entry alter column name type varchar(200)"))


def test_python_and_sql_without_a_known_effect_are_opaque(meant: Meant) -> None:
    python = meant(db.RunPython(lambda *_: None))
    sql = meant(db.RunSQL("UPDATE guestbook_entry SET name = 'DROP COLUMN'"))
    assert (codes(python), codes(sql)) == ({"RUN_PYTHON": ""}, {"RUN_SQL": ""})
    assert {python.meaning, sql.meaning} == {Meaning.OPAQUE}


def test_without_its_sql_it_is_opaque_and_what_is_plain_from_its_operations_counts() -> None:
    migration = Migration(app="g", name="1", why="ValueError", operations=(Operation(kind="RemoveField", says="Remove field a from e"),))
    assert codes(migration) == {"NO_SQL": "", "DROP_COLUMN": ""}
    assert migration.meaning is Meaning.CONTRACTING
    assert Migration(app="g", name="1").meaning is Meaning.OPAQUE


def test_code_minds_only_what_its_models_still_have() -> None:
    dropped = of_sql("ALTER TABLE e DROP COLUMN a").findings[0]
    assert dropped.matters_to({"e": frozenset({"a", "b"})})
    assert dropped.matters_to({}), "its models are not known"
    assert not dropped.matters_to({"e": frozenset({"b"})})
    needed: Finding = of_sql("ALTER TABLE e ADD COLUMN a int NOT NULL").findings[0]
    assert needed.matters_to({"e": frozenset({"b"})})
    assert not needed.matters_to({"f": frozenset({"b"})})


def test_a_squash_is_known_to_an_image_with_all_that_it_replaces() -> None:
    squash = Migration(app="g", name="0001_squashed", replaces=(("g", "1"), ("g", "2")))
    one, two = (Migration(app="g", name=name) for name in "12")
    assert Migrations(migrations=(one, two)).knows(squash)
    assert not Migrations(migrations=(one,)).knows(squash)
    assert Migrations(migrations=(squash,)).knows(two)
