"""Runs inside a site's image, by `manage.py shell -c`: prints what its migrations are, and the SQL of those that count.

Plain Python 3.7 and Django 3.2 or later. It only reads: whatever would write is refused. Only the connection `default` is looked at.
The answer is one line, JSON between `<migrations>` and `</migrations>`; the keys are the fields of ci/migrations.py.
`WANTED` in the environment is a JSON list of [app, name] whose SQL is given although they are applied.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
from collections.abc import Iterator
from typing import Any

# By name, because Django brings no types.
db = importlib.import_module("django.db")
executor_module = importlib.import_module("django.db.migrations.executor")
operations_module = importlib.import_module("django.db.migrations.operations")
state_module = importlib.import_module("django.db.migrations.state")
apps = importlib.import_module("django.apps").apps
_READS = ("SELECT", "SHOW", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


def refuse_writes(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """A Python operation inside SeparateDatabaseAndState is called even when SQL is only collected (as by `sqlmigrate`)."""
    if not str(sql).lstrip().upper().startswith(_READS):
        raise PermissionError("only reading")
    return execute(sql, params, many, context)


@contextlib.contextmanager
def reading(connection: Any, atomic: bool) -> Iterator[None]:
    """Nothing is written. The transaction is no session setting, which a pooler would give to another client."""
    with contextlib.ExitStack() as stack:
        # An operation that works CONCURRENTLY refuses to be in a transaction.
        if atomic:
            stack.enter_context(db.transaction.atomic())
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ ONLY")
        stack.enter_context(connection.execute_wrapper(refuse_writes))
        yield


def flat(operations: Any) -> list[Any]:
    """With those that others hold (SeparateDatabaseAndState), in place of their holder."""
    found = []
    for operation in operations:
        found += flat(operation.database_operations) if hasattr(operation, "database_operations") else [operation]
    return found


def hidden(operation: Any) -> bool:
    """Whether it does something that is no SQL."""
    noop = operations_module.RunPython.noop
    return not getattr(operation, "reduces_to_sql", True) and getattr(operation, "code", None) is not noop


def columns(models: Any, connection: Any) -> dict[tuple[str, str], str]:
    """Table and column to its type in the database."""
    found = {}
    for model in models:
        for field in model._meta.local_concrete_fields:
            found[(model._meta.db_table, field.column)] = field.db_type(connection) or ""
    return found


def collect(migration: Any, state: Any, connection: Any) -> tuple[Any, dict[str, Any]]:
    """The state after it, and its SQL as `sqlmigrate` gives it, with the types of the columns whose type it sets."""
    before, untouched = state.clone(), state.clone()
    try:
        with reading(connection, migration.atomic), connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        sql = [str(statement) for statement in editor.collected_sql]
        retyped = []
        typed = [statement for statement in sql if " TYPE " in statement]
        if typed:
            was = columns(before.apps.get_models(include_auto_created=True), connection)
            now = columns(state.apps.get_models(include_auto_created=True), connection)
            for table, column in sorted(set(was) & set(now)):
                if any('"%s"' % table in text and '"%s" TYPE' % column in text for text in typed):  # noqa: UP031 - as Django writes it
                    retyped.append([table, column, was[(table, column)], now[(table, column)]])
    except Exception as error:
        return migration.mutate_state(untouched, preserve=False), {"sql": None, "why": type(error).__name__}
    return state, {"sql": sql, "why": "", "retyped": retyped}


def read(wanted: set[tuple[str, str]]) -> dict[str, Any]:
    """Everything, in the order of the migrations' dependencies."""
    connection = db.connection
    connection.ensure_connection()
    with reading(connection, atomic=True):
        executor = executor_module.MigrationExecutor(connection)
        recorded = executor.recorder.applied_migrations()
    loader = executor.loader
    state = state_module.ProjectState(real_apps=loader.unmigrated_apps)
    migrations = []
    for migration, _ in executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True):
        key = (migration.app_label, migration.name)
        applied = key in loader.applied_migrations
        given = {"sql": None, "why": ""}
        if not applied or key in wanted:
            state, given = collect(migration, state, connection)
        else:
            state = migration.mutate_state(state, preserve=False)
        migrations.append(
            {
                "app": key[0],
                "name": key[1],
                "applied": applied,
                "replaces": [list(replaced) for replaced in migration.replaces],
                "reversible": all(operation.reversible for operation in flat(migration.operations)),
                "atomic": migration.atomic,
                "operations": [
                    {"kind": type(operation).__name__, "says": str(operation.describe()), "hidden": hidden(operation)}
                    for operation in flat(migration.operations)
                ],
                **given,
            }
        )
    tables: dict[str, list[str]] = {}
    for table, column in columns(apps.get_models(include_auto_created=True), connection):
        tables.setdefault(table, []).append(column)
    return {
        "vendor": connection.vendor,
        "migrations": migrations,
        "applied": sorted([app, name] for app, name in recorded),
        "tables": tables,
    }


try:
    answer = read({(app, name) for app, name in json.loads(os.environ.get("WANTED") or "[]")})
except Exception as error:
    # The text of a database's error may hold where it is and who asked.
    answer = {"unknown": type(error).__name__}
# A line of its own, whatever was printed before it.
print("\n<migrations>" + json.dumps(answer) + "</migrations>", flush=True)
