"""Migrations: what each does to a database that code from before it still uses, and what it locks meanwhile.

The SQL is judged by the analyser of django-migration-linter, whose codes these are (DROP_COLUMN, NOT_NULL …). It expects Django's spelling
and looks at a migration as a whole, so it is given each column's statements by themselves, in that spelling: what it finds has a place.
Own rules, where it has none: ADD_CONSTRAINT, SET_NOT_NULL, REWRITE, DROP_DEFAULT, and which changes of a type are harmless. What scans or
rewrites a table was measured on Postgres 15 (client_min_messages=debug1 tells), and is as in
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import sqlparse
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

Key = tuple[str, str]
"""App and name."""
_NAME = r'(?:(?:"[^"]+"|\w+)\.)?("[^"]+"|\w+)'
_INDEX = re.compile(rf"CREATE (UNIQUE )?INDEX (CONCURRENTLY )?.*?\bON (?:ONLY )?{_NAME}")
_HARMLESS = re.compile(
    r"(SET(?! SCHEMA| TABLESPACE| LOGGED| UNLOGGED)|COMMENT ON|GRANT|ANALYZE|BEGIN|COMMIT|SELECT SETVAL|(CREATE|ALTER|DROP) SEQUENCE"
    r"|ALTER INDEX|VALIDATE|OWNER|CREATE (EXTENSION|COLLATION|SCHEMA|STATISTICS|TYPE)|(DROP|RENAME|ALTER|VALIDATE) CONSTRAINT"
    r'|ALTER COLUMN "[^"]+" (SET|DROP|ADD|RESTART)|ADD COLUMN|ADD CONSTRAINT)\b'
)
_STABLE = {"NOW", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP", "CAST"}
_KINDS = {"RemoveField": "DROP_COLUMN", "DeleteModel": "DROP_TABLE", "RenameField": "RENAME_COLUMN", "RenameModel": "RENAME_TABLE"}
_WHOLE = ["smallint", "integer", "bigint"]


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
            found += self._analysed(list(_statements(self.sql)))
        return tuple(dict.fromkeys(found))

    @cached_property
    def created(self) -> frozenset[str]:
        """The tables that it makes: nobody waits for a lock on them, and no code from before knows them."""
        made = (re.match(rf"CREATE \w* ?TABLE (?:IF NOT EXISTS )?{_NAME}", text) for text in _statements(self.sql or ()))
        return frozenset(_bare(table[1]) for table in made if table)

    def _analysed(self, statements: list[str]) -> Iterator[Finding]:
        actions = [
            (table, *_action(text)) for statement in statements for table, text in _alterations(statement) if table not in self.created
        ]
        groups: dict[tuple[str, str, str], list[str]] = {}
        for table, column, action in actions:
            groups.setdefault((table, column, "" if column else action), []).append(action)
        for (table, column, _), group in groups.items():
            yield from self._altered(table, column, group)
        for text in statements:
            if index := _INDEX.match(text):
                table = _bare(index[3])
                holds = ["BEGIN", f'ALTER TABLE "{table}"'] if self.atomic and actions else []
                for code in (
                    _lint([*holds, f'CREATE {index[1] or ""}INDEX {index[2] or ""}"i" ON "{table}" ()'])
                    if table not in self.created
                    else ()
                ):
                    yield self._finding(code, table, meaning=_ADDITIVE if index[2] and code == "ADD_UNIQUE" else None)
            elif dropped := re.match(r"DROP TABLE (?:IF EXISTS )?(.*?)(?: CASCADE| RESTRICT)?$", text):
                names = [_bare(name) for name in re.findall(rf"{_NAME}(?:,|$)", dropped[1])]
                yield from (self._finding("DROP_TABLE", name) for name in names if name not in self.created)
            elif codes := _lint([text]) & {"DROP_INDEX", "REINDEX"}:
                yield from (self._finding(code) for code in codes)
            elif not re.match(r"(CREATE \w* ?TABLE|ALTER TABLE|DROP INDEX)\b", text) and not _HARMLESS.match(text):
                yield self._finding("RUN_SQL", says=text[:60])

    def _altered(self, table: str, column: str, actions: list[str]) -> Iterator[Finding]:
        """What is done to one column, or by one action that is about the whole table."""
        codes = _lint([f'ALTER TABLE "{table}" {action}' for action in actions]) - {"ALTER_COLUMN"}
        if any("USING INDEX" in action for action in actions):
            codes -= {"ADD_UNIQUE"}
        if any(re.search(r"GENERATED|SERIAL\b", action) for action in actions):
            codes -= {"NOT_NULL"}
        for action in actions:
            codes |= set(_own(action))
            if retyped := re.match(r'ALTER COLUMN "[^"]+" (?:SET DATA )?TYPE (.+?)(?: USING .*)?$', action):
                was, now = self.retyped.get((table, column), ("", retyped[1].lower()))
                narrows, rewrites = _retyping(was, now)
                codes |= {"REWRITE"} if rewrites else set()
                if narrows:
                    yield self._finding("ALTER_COLUMN", table, column, says=f" from {was} to {now}" if was else f" to {now}")
        if any(action.endswith("DROP DEFAULT") for action in actions) and not any(
            re.search("SET DEFAULT|^ADD", action) for action in actions
        ):
            codes.add("DROP_DEFAULT")
        for code in sorted(codes):
            yield self._finding(code, table, column)
        if not codes and not _HARMLESS.match(actions[0]) and " TYPE " not in actions[0]:
            yield self._finding("RUN_SQL", says=f"ALTER TABLE {table} {actions[0]}"[:60])

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


def _statements(sql: Iterable[str]) -> Iterator[str]:
    """One by one, without comments and texts, and in capitals but for quoted names."""
    for statement in (one for text in sql for one in sqlparse.split(text)):
        bare = re.sub(r"'(?:[^']|'')*'", "''", sqlparse.format(statement, strip_comments=True))
        plain = re.sub(r'"[^"]*"|[^"]+', lambda part: part[0] if part[0].startswith('"') else part[0].upper(), bare)
        if text := " ".join(plain.split()).strip("; "):
            yield text


def _bare(name: str) -> str:
    """As Postgres keeps it: what is not quoted is in small letters."""
    return name[1:-1] if name.startswith('"') else name.lower()


def _alterations(statement: str) -> Iterator[Key]:
    """Table and action, for each action of an ALTER TABLE; none for other statements."""
    if altering := re.match(rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{_NAME} ?\*? (.*)", statement):
        depth, quoted, start = 0, False, 0
        for at, letter in enumerate(altering[2] + ","):
            quoted ^= letter == '"'
            depth += 0 if quoted else (letter == "(") - (letter == ")")
            if letter == "," and not depth and not quoted:
                yield _bare(altering[1]), altering[2][start:at].strip()
                start = at + 1


def _action(text: str) -> Key:
    """The column that an action is about, if it is about one, and the action as Django spells it."""
    if not re.match(r"(ADD|DROP|ALTER|RENAME) (?!CONSTRAINT\b|TO\b)", text):
        return "", text
    if bare := re.match(r"ADD ((UNIQUE|CHECK|FOREIGN KEY|PRIMARY KEY|EXCLUDE)\b.*)", text):
        return "", f'ADD CONSTRAINT "" {bare[1]}'
    if about := re.match(rf"(\w+) (?:COLUMN )?(?:IF (?:NOT )?EXISTS )?{_NAME}(.*)", text):
        rest = re.sub(r"NOT NULL (DEFAULT (?:\(.*?\)|\S+))", r"\1 NOT NULL", about[3])
        return _bare(about[2]), f'{about[1]} COLUMN "{_bare(about[2])}"{rest}'
    return "", text


def _lint(statements: list[str]) -> set[str]:
    errors, _, warnings = analyse_sql_statements(PostgresqlAnalyser, statements)
    return {issue.code for issue in [*errors, *warnings]}


def _own(action: str) -> Iterator[str]:
    """The codes of what django-migration-linter does not look for."""
    if re.match(r'ALTER COLUMN "[^"]+" SET NOT NULL', action):
        # What Django writes names every column: a default of the database does not help.
        yield from ("SET_NOT_NULL", "NOT_NULL")
    if action.startswith("ADD CONSTRAINT") and not re.search(r"NOT VALID|USING INDEX|^ADD CONSTRAINT \S+ UNIQUE", action):
        yield "ADD_CONSTRAINT"
    if action.startswith("ADD COLUMN"):
        default = re.search(r"DEFAULT (?!NULL)(.*?)( NOT NULL| CHECK| CONSTRAINT| REFERENCES| UNIQUE|$)", action)
        # A new column without values has no foreign key to look up, but CHECK reads every row all the same.
        if re.search(r"\bCHECK\b", action) or (default and "REFERENCES" in action):
            yield "ADD_CONSTRAINT"
        if re.search(r"\b(UNIQUE|PRIMARY KEY)\b", action):
            yield "ADD_UNIQUE"
        volatile = default and set(re.findall(r"(?<![:\w])(\w+) ?\(", default[1])) - _STABLE
        if volatile or re.search(r"GENERATED|SERIAL\b", action):
            yield "REWRITE"


def _retyping(was: str, now: str) -> tuple[bool, bool]:
    """Whether a change of type narrows, and whether it rewrites the table. Where it is not known: both."""
    if was == now:
        return False, True  # another collation: indexes are built again
    old, new = (re.fullmatch(r"(varchar|numeric)\((\d+)(?:, ?(\d+))?\)", one.strip()) for one in (was, now))
    if was in ("varchar", "text") or (old and old[1] == "varchar"):
        fits = now in ("varchar", "text") or bool(old and new and new[1] == "varchar" and int(new[2]) >= int(old[2]))
        return not fits, not fits
    if old and new and old[1] == new[1] == "numeric":
        more, scale = int(new[2]) - int(old[2]), int(new[3] or 0) - int(old[3] or 0)
        return not 0 <= scale <= more, scale != 0 or more < 0
    ranks = [
        _WHOLE.index(name) if name in _WHOLE else -1
        for name in (one.replace("serial", "integer").replace("biginteger", "bigint") for one in (was, now))
    ]
    return (ranks[0] > ranks[1] or -1 in ranks), True
