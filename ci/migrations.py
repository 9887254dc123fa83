"""Migrations: what each does to a database that code from before it still uses, and what it locks meanwhile.

What the SQL does is found by ci/migration_sql.py; here is what that means, and in which words it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from ci.migration_sql import Sql

Key = tuple[str, str]
"""App and name."""
_KINDS = {"RemoveField": "DROP_COLUMN", "DeleteModel": "DROP_TABLE", "RenameField": "RENAME_COLUMN", "RenameModel": "RENAME_TABLE"}


class Meaning(StrEnum):
    """What the worst of a migration means; the later the worse."""

    ADDITIVE = "additive"
    """Code from before goes on working, and no lock lasts."""
    OPAQUE = "opaque"
    """Its effect can't be read."""
    LOCKING = "locking"
    """Reads or writes wait for as long as the table is large."""
    CONTRACTING = "contracting"
    """Code from before can't work with the schema after it."""


_ADDITIVE, _OPAQUE, _LOCKING, _CONTRACTING = Meaning
_DOES = {
    "DROP_COLUMN": (_CONTRACTING, "removes column {}, which the old code reads"),
    "DROP_TABLE": (_CONTRACTING, "removes table {}, which the old code reads"),
    "RENAME_COLUMN": (_CONTRACTING, "renames column {}, which the old code reads"),
    "RENAME_TABLE": (_CONTRACTING, "renames table {}, which the old code reads"),
    "NOT_NULL": (_CONTRACTING, "makes {} NOT NULL, and the old code writes rows without a value there"),
    "DROP_DEFAULT": (_CONTRACTING, "takes the database default of {} away, which the old code relies on"),
    "ALTER_COLUMN": (_CONTRACTING, "changes the type of {}{}, which may not hold what the old code writes"),
    "SET_NOT_NULL": (_LOCKING, "locks {} against reads and writes while every row is checked for NULL"),
    "REWRITE": (_LOCKING, "locks {} against reads and writes while the table is rewritten"),
    "ADD_CONSTRAINT": (_LOCKING, "locks {} against writes while every row is checked; old code that breaks the constraint gets an error"),
    "ADD_UNIQUE": (_LOCKING, "locks {} against writes while duplicates are looked for; old code that writes one gets an error"),
    "CREATE_INDEX": (_LOCKING, "locks {} against writes while the index is built"),
    "CREATE_INDEX_EXCLUSIVE": (_LOCKING, "builds an index on {} while its transaction holds the locks of an ALTER TABLE"),
    "REINDEX": (_LOCKING, "locks {} against writes while the index is built again"),
    "DROP_INDEX": (_ADDITIVE, "removes an index, with a short lock"),
    "RUN_PYTHON": (_OPAQUE, "runs Python code, whose effect can't be read"),
    "RUN_SQL": (_OPAQUE, "runs SQL whose effect can't be read: {}"),
    "NO_SQL": (_OPAQUE, "has SQL that can't be collected: {}"),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a migration (`app.name`) does. `table` and `column` are empty where they are not known."""

    migration: str
    code: str
    meaning: Meaning
    does: str
    table: str = ""
    column: str = ""

    def __str__(self) -> str:
        return f"{self.migration} {self.does} ({self.code})"

    def matters_to(self, tables: Mapping[str, frozenset[str]]) -> bool:
        """Whether code whose models have these columns minds a contraction. SQL of its own, beside the models, is not known."""
        if not tables or not self.table:
            return True
        kept = tables.get(self.table)
        return kept is not None and (not self.column or self.code == "NOT_NULL" or self.column in kept)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`kind` is its class, `says` what `describe()` gives; a `hidden` one does something that is no SQL."""

    kind: str
    says: str
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One migration of an image. `sql` is None where it was not asked for or could not be collected: `why` is the exception's type.

    `retyped` has, by table and column, the type before and after for each column whose type the SQL sets.
    """

    app: str
    name: str
    applied: bool = False
    reversible: bool = True
    atomic: bool = True
    replaces: tuple[Key, ...] = ()
    operations: tuple[Operation, ...] = ()
    sql: tuple[str, ...] | None = None
    why: str = ""
    retyped: Mapping[Key, Key] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.app, self.name

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def meaning(self) -> Meaning:
        """That of its worst finding."""
        return max((finding.meaning for finding in self.findings), key=list(Meaning).index, default=_ADDITIVE)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What there is to say of it, each thing once."""
        found = [self._finding("RUN_PYTHON") for operation in self.operations if operation.hidden]
        if self.sql is None:
            found.append(self._finding("NO_SQL", says=self.why or "it was not asked for"))
            gone = [(_KINDS[operation.kind], operation.says) for operation in self.operations if operation.kind in _KINDS]
            found += [Finding(migration=str(self), code=code, meaning=_CONTRACTING, does=f"does: {says}") for code, says in gone]
        else:
            for one in self._read.found():
                meaning = _ADDITIVE if one.short else None
                found.append(self._finding(one.code, one.table, one.column, says=one.says, meaning=meaning))
        return tuple(dict.fromkeys(found))

    @property
    def created(self) -> frozenset[str]:
        """The tables that it makes: nobody waits for a lock on them, and no code from before knows them."""
        return self._read.created

    @cached_property
    def _read(self) -> Sql:
        return Sql(sql=self.sql or (), retyped=self.retyped, atomic=self.atomic)

    def _finding(self, code: str, table: str = "", column: str = "", *, says: str = "", meaning: Meaning | None = None) -> Finding:
        kind, does = _DOES.get(code, (_OPAQUE, "does something that has no words here: {}"))
        place = ".".join(part for part in (table.removeprefix(f"{self.app}_"), column) if part)
        text = does.format(*([place] if place else []), *([says] if says or place else ["a table"]))
        return Finding(migration=str(self), code=code, meaning=meaning or kind, does=text, table=table, column=column)


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """All of an image, in the order of their dependencies. Where they could not be read, `unknown` says why and the rest is empty.

    `applied` is what the database has on record, also of migrations that the image does not have; `tables` are the columns of its models.
    """

    migrations: tuple[Migration, ...] = ()
    applied: frozenset[Key] = frozenset()
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unknown: str = ""

    def knows(self, migration: Migration) -> bool:
        """Whether it has this one, by its name or as all those that it replaces."""
        names = {one.key for one in self.migrations} | {old for one in self.migrations for old in one.replaces}
        return migration.key in names or (bool(migration.replaces) and names.issuperset(migration.replaces))

    @property
    def pending(self) -> tuple[Migration, ...]:
        """Those that a release of the image applies."""
        return tuple(one for one in self.migrations if not one.applied)
