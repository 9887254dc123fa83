"""An image's migrations, read by the image itself on the stack's host, with the environment of the site that runs there."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ci.django_shell import DIED, LIMIT, NO_PROJECT, NO_TASK, ask
from ci.host import Host, HostError
from ci.migrations import Migration, Migrations, Operation

_SCRIPT = Path(__file__).parent / "in_image" / "read_migrations.py"
_ANSWER = re.compile(r"^<migrations>(.*)</migrations>$", re.MULTILINE)


def read(host: Host, image: str, *, environment_of: str, wanted: Sequence[tuple[str, str]] = ()) -> Migrations | None:
    """What `image`, which is on the host, has for migrations and which of them are applied; it only reads, for 60 s at most.

    `environment_of` is the swarm service whose environment it gets: None where no task of it runs. `wanted` are (app, name) of applied
    migrations whose SQL is given too. Where it can't be read, `unknown` says why; nothing is raised.
    """
    given = {"WANTED": json.dumps([list(key) for key in wanted])}
    try:
        said = ask(host, image, environment_of=environment_of, tag="migrations", script=_SCRIPT.read_text(), given=given)
    except HostError:
        # Its text ends with what the image said last.
        return Migrations(unknown=f"the host {host.address} did not answer, or not within {LIMIT} s")
    if said.strip() == NO_TASK:
        return None
    return _parsed(said)


def _parsed(said: str) -> Migrations:
    if answer := _ANSWER.search(said):
        try:
            return _migrations(json.loads(answer[1]))
        except (ValueError, KeyError, TypeError) as error:
            return Migrations(unknown=f"its answer can't be read ({type(error).__name__})")
    if said.strip() == NO_PROJECT:
        return Migrations(unknown="the image has no manage.py where it starts")
    if died := DIED.findall(said):
        return Migrations(unknown=f"the image's Django ends with {died[-1]}")
    return Migrations(unknown=f"the image did not run, or not to its end within {LIMIT - 10} s")


def _migrations(told: dict[str, Any]) -> Migrations:
    if "unknown" in told:
        return Migrations(unknown=f"the image's Django ends with {told['unknown']}")
    if told["vendor"] != "postgresql":
        return Migrations(unknown=f"the image's database is {told['vendor']}, and only Postgres is understood")
    return Migrations(
        migrations=tuple(_migration(**one) for one in told["migrations"]),
        applied=frozenset((app, name) for app, name in told["applied"]),
        tables={table: frozenset(columns) for table, columns in told["tables"].items()},
    )


def _migration(*, replaces: Any, operations: Any, sql: Any, retyped: Any = (), **told: Any) -> Migration:
    return Migration(
        replaces=tuple((app, name) for app, name in replaces),
        operations=tuple(Operation(**one) for one in operations),
        sql=None if sql is None else tuple(sql),
        retyped={(table, column): (was, now) for table, column, was, now in retyped},
        **told,
    )
