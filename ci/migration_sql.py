"""What the SQL of a migration does to tables that others use, in the codes of ci/migrations.py.

The SQL is judged by the analyser of django-migration-linter, whose codes these are (DROP_COLUMN, NOT_NULL …). It expects Django's spelling
and looks at a migration as a whole, so it is given each column's statements by themselves, in that spelling: what it finds has a place.
Own rules, where it has none: ADD_CONSTRAINT, SET_NOT_NULL, REWRITE, DROP_DEFAULT, and which changes of a type are harmless. What scans or
rewrites a table was measured on Postgres 15 (client_min_messages=debug1 tells), and is as in
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlparse

Pair = tuple[str, str]
"""Table and column, table and action, or the type before and after: as is said."""
_NAME = r'(?:(?:"[^"]+"|\w+)\.)?("[^"]+"|\w+)'
_INDEX = re.compile(rf"CREATE (UNIQUE )?INDEX (CONCURRENTLY )?.*?\bON (?:ONLY )?{_NAME}")
_HARMLESS = re.compile(
    r"(SET(?! SCHEMA| TABLESPACE| LOGGED| UNLOGGED)|COMMENT ON|GRANT|ANALYZE|BEGIN|COMMIT|SELECT SETVAL|(CREATE|ALTER|DROP) SEQUENCE"
    r"|ALTER INDEX|VALIDATE|OWNER|CREATE (EXTENSION|COLLATION|SCHEMA|STATISTICS|TYPE)|(DROP|RENAME|ALTER|VALIDATE) CONSTRAINT"
    r'|ALTER COLUMN "[^"]+" (SET|DROP|ADD|RESTART)|ADD COLUMN|ADD CONSTRAINT)\b'
)
_STABLE = {"NOW", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP", "CAST"}
_WHOLE = ["smallint", "integer", "bigint"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing that the SQL does, by its code. `says` is what goes into the words for it; with `short` no lock of it lasts."""

    code: str
    table: str = ""
    column: str = ""
    says: str = ""
    short: bool = False


@dataclass(frozen=True, kw_only=True)
class Sql:
    """That of one migration. `retyped`: the types before and after, by table and column; `atomic`: all of it is one transaction."""

    sql: tuple[str, ...]
    retyped: Mapping[Pair, Pair]
    atomic: bool

    @cached_property
    def created(self) -> frozenset[str]:
        """The tables that it makes: nobody waits for a lock on them, and no code from before knows them."""
        made = (re.match(rf"CREATE \w* ?TABLE (?:IF NOT EXISTS )?{_NAME}", text) for text in _statements(self.sql))
        return frozenset(_bare(table[1]) for table in made if table)

    def found(self) -> Iterator[Found]:
        """What there is to say of it; the same thing may come twice."""
        statements = list(_statements(self.sql))
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
                    yield Found(code=code, table=table, short=bool(index[2]) and code == "ADD_UNIQUE")
            elif dropped := re.match(r"DROP TABLE (?:IF EXISTS )?(.*?)(?: CASCADE| RESTRICT)?$", text):
                names = [_bare(name) for name in re.findall(rf"{_NAME}(?:,|$)", dropped[1])]
                yield from (Found(code="DROP_TABLE", table=name) for name in names if name not in self.created)
            elif codes := _lint([text]) & {"DROP_INDEX", "REINDEX"}:
                yield from (Found(code=code) for code in codes)
            elif not re.match(r"(CREATE \w* ?TABLE|ALTER TABLE|DROP INDEX)\b", text) and not _HARMLESS.match(text):
                yield Found(code="RUN_SQL", says=text[:60])

    def _altered(self, table: str, column: str, actions: list[str]) -> Iterator[Found]:
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
                    yield Found(code="ALTER_COLUMN", table=table, column=column, says=f" from {was} to {now}" if was else f" to {now}")
        if any(action.endswith("DROP DEFAULT") for action in actions) and not any(
            re.search("SET DEFAULT|^ADD", action) for action in actions
        ):
            codes.add("DROP_DEFAULT")
        for code in sorted(codes):
            yield Found(code=code, table=table, column=column)
        if not codes and not _HARMLESS.match(actions[0]) and " TYPE " not in actions[0]:
            yield Found(code="RUN_SQL", says=f"ALTER TABLE {table} {actions[0]}"[:60])


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


def _alterations(statement: str) -> Iterator[Pair]:
    """Table and action, for each action of an ALTER TABLE; none for other statements."""
    if altering := re.match(rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{_NAME} ?\*? (.*)", statement):
        depth, quoted, start = 0, False, 0
        for at, letter in enumerate(altering[2] + ","):
            quoted ^= letter == '"'
            depth += 0 if quoted else (letter == "(") - (letter == ")")
            if letter == "," and not depth and not quoted:
                yield _bare(altering[1]), altering[2][start:at].strip()
                start = at + 1


def _action(text: str) -> Pair:
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
    # Only here: they bring all of Django along, and most runs have no SQL to look at.
    from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
    from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

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
