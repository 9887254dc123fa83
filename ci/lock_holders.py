"""Who may have kept a release command waiting: the transactions of the site's database that have been open for long."""

import json
import shlex
from pathlib import Path

from ci.host import Host, HostError

LOCKED_OUT = "due to lock timeout"
"""Postgres's words for a statement that waited too long (infra/release.py, LOCK_LIMIT)."""
_SCRIPT = (Path(__file__).parent / "in_image" / "lock_holders.py").read_text()
# In the task that serves: it has the environment and the way to the database.
_ASK = """task=$(docker ps --quiet --filter label=com.docker.swarm.service.name={service} | head -n 1)
[ -n "$task" ] || exit 0
docker exec "$task" /bin/sh -c {inside} {script}"""
_INSIDE = 'set -a; . /run/secrets/site.env; set +a; exec "$(command -v python3 || command -v python)" manage.py shell -c "$0"'


def lock_holders(host: Host, service: str) -> list[str]:
    """One line for each, with the command that ends it; empty where there is none, or nobody can tell."""
    try:
        said = host.run(_ASK.format(service=shlex.quote(service), inside=shlex.quote(_INSIDE), script=shlex.quote(_SCRIPT)))
    except HostError:
        return []
    lines = [line.partition("LOCKS ")[2] for line in said.splitlines() if line.startswith("LOCKS ")]
    return [_line(**found) for line in lines for found in json.loads(line)]


def _line(pid: int, user: str, application: str, state: str, seconds: float, tables: list[str]) -> str:
    who = f"{application} ({user})" if application else user
    on = f" on {', '.join(tables)}" if tables else ""
    end = f"set role none; select pg_terminate_backend({pid})"
    return f"process {pid} of {who}, {state} for {seconds:.0f} s, holds locks{on}; end it with: {end}"
