"""An image's migrations, read by the image itself on the stack's host, with the environment of the site that runs there."""

import json
import re
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ci.host import Host, HostError
from ci.migrations import Migration, Migrations, Operation
from infra.connection import CA_FILE
from infra.site import ENV_FILE

LIMIT = 60
MEMORY = 512
"""MiB: Django with a site's apps, once."""
_SCRIPT = Path(__file__).parent / "in_image" / "read_migrations.py"
_NO_TASK, _NO_PROJECT = "no task", "no project"
_ANSWER = re.compile(r"^<migrations>(.*)</migrations>$", re.MULTILINE)
_DIED = re.compile(r"^died: (?:\w+\.)*(\w+)$", re.MULTILINE)

# $2 comes after the site's environment, which may have a variable of that name.
_INSIDE = f"""[ -f manage.py ] || {{ echo '{_NO_PROJECT}'; exit 0; }}
set -a; . /dev/stdin; set +a
WANTED=$2; export WANTED
exec "$(command -v python3 || command -v python)" manage.py shell -c "$1\""""
# Nothing else that the image says leaves the host: a message may hold a connection string.
_KEPT = (
    f"-e '/^{_NO_PROJECT}$/p' -e '/^<migrations>.*<\\/migrations>$/p' "
    r"-e 's/^(([A-Za-z_][A-Za-z0-9_]*\.)*[A-Z][A-Za-z0-9_]*(Error|Exception|Configured|NotFound|NotReady|DoesNotExist))(:.*)?$/died: \1/p'"
)
# The environment is only ever in a pipe. The certificate is no secret, and is where the environment says.
_OUTSIDE = f"""set -u
tasks=$(docker ps --quiet --filter label=com.docker.swarm.service.name={{service}}) || exit
task=$(printf "%s\\n" "$tasks" | head -n 1)
[ -n "$task" ] || {{{{ echo '{_NO_TASK}'; exit 0; }}}}
ca=$(mktemp)
trap 'docker rm --force {{name}} >/dev/null 2>&1; rm -f "$ca"' EXIT
chmod 644 "$ca"
mount=
! docker exec "$task" cat {CA_FILE} >"$ca" 2>/dev/null || mount="--volume $ca:{CA_FILE}:ro"
docker exec "$task" cat {ENV_FILE} 2>/dev/null | timeout {LIMIT - 10} docker run --rm --interactive --pull never --memory {MEMORY}m \\
  $mount {{words}} 2>&1 | sed -nE {{kept}}
"""


def read(host: Host, image: str, *, environment_of: str, wanted: Sequence[tuple[str, str]] = ()) -> Migrations | None:
    """What `image`, which is on the host, has for migrations and which of them are applied; it only reads, for 60 s at most.

    `environment_of` is the swarm service whose environment it gets: None where no task of it runs. `wanted` are (app, name) of applied
    migrations whose SQL is given too. Where it can't be read, `unknown` says why; nothing is raised.
    """
    name = f"read-migrations-{secrets.token_hex(4)}"
    release = ["--env", f"RELEASE={image.partition('@')[2]}"]
    inside = ["-c", _INSIDE, "read-migrations", _SCRIPT.read_text(), json.dumps([list(key) for key in wanted])]
    words = shlex.join(["--name", name, *release, "--entrypoint", "/bin/sh", image, *inside])
    script = _OUTSIDE.format(service=shlex.quote(environment_of), name=name, words=words, kept=_KEPT)
    try:
        said = host.run(script, limit=LIMIT)
    except HostError:
        # Its text ends with what the image said last.
        return Migrations(unknown=f"the host {host.address} did not answer, or not within {LIMIT} s")
    if said.strip() == _NO_TASK:
        return None
    return _parsed(said)


def _parsed(said: str) -> Migrations:
    if answer := _ANSWER.search(said):
        try:
            return _migrations(json.loads(answer[1]))
        except (ValueError, KeyError, TypeError) as error:
            return Migrations(unknown=f"its answer can't be read ({type(error).__name__})")
    if said.strip() == _NO_PROJECT:
        return Migrations(unknown="the image has no manage.py where it starts")
    if died := _DIED.findall(said):
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
