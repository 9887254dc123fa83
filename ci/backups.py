"""`backups`: whether the managed database was backed up lately, by DigitalOcean and by the stack's own dumps.

DigitalOcean does so once a day and keeps seven: https://docs.digitalocean.com/products/databases/postgresql/details/features/
"""

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape

from ci.cli import Cli
from ci.cloud import token
from ci.digitalocean import DigitalOcean
from ci.dumps import DECLARED, LATE, Dumps, dumps
from ci.host import Host
from ci.state import State
from ci.thing import CloudError

MISSING = 4
"""The exit code where the newest of either kind is late, or the last dump or drill failed."""
DRILL_LATE = timedelta(days=9)
"""A weekly drill that is older than this was left out."""
_CLUSTER = "digitalocean:index/databaseCluster:DatabaseCluster"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print them as JSON")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Print the newest of each kind, and the last drill; gives the exit code. Raises CliError, CloudError, HostError."""
    state, now = State(cli.export()), datetime.now(UTC)
    found = state.of(_CLUSTER)
    if not found:
        raise CloudError(f"there is no database in the state of {cli.stack}; python -m ci up --stack {cli.stack} makes it")
    account = DigitalOcean(token(cli, "DIGITALOCEAN_TOKEN", "digitalocean:token"))
    made, times = account.backups(str(found[0]["id"]))
    late = overdue(times, made=made, now=now)
    said = {"newest": times[-1].isoformat() if times else "", "count": len(times), "late": late}
    newest = f"the newest of {len(times)} backups is of {times[-1]:%Y-%m-%d %H:%M} UTC" if times else "there is no backup yet"
    lines = [(late, f"DigitalOcean: {newest}")]
    if state.find(*DECLARED):
        host = Host(address=str(state.outputs.get("host")), key=str(state.outputs.get("hostKey")), environment=cli.environment)
        kept = dumps(host)
        said |= as_json(kept, now)
        lines += told(kept, now, cli.stack)
    if options.json:
        print(json.dumps(said))
    else:
        for bad, line in lines:
            console.print(f"{'[red]![/red]' if bad else '[green]✓[/green]'} {escape(line)}", highlight=False)
    return MISSING if any(bad for bad, _ in lines) else 0


def overdue(times: list[datetime], *, made: datetime, now: datetime) -> bool:
    """Whether a backup is missing. A cluster that was just `made` has none yet."""
    return now - max([made, *times]) > LATE


def told(kept: Dumps, now: datetime, stack: str) -> list[tuple[bool, str]]:
    """What there is to say of the dumps and of the last drill, each with whether something is to be done."""
    look = "; sudo journalctl -u site-backup.service on the host says why" if kept.failed else ""
    if kept.dumps:
        newest = kept.dumps[-1]
        hours = (now - newest.time).total_seconds() / 3600
        text = f"the newest of {len(kept.dumps)} dumps is {hours:.1f} hours old, {newest.size / 1e6:.1f} MB"
    else:
        text = "there is no dump yet"
    lines = [(kept.late(now), text + ("; the last one failed" if kept.failed else "") + look)]
    command = f"python -m ci drill --stack {stack}"
    if kept.drill is None:
        return [*lines, (False, f"there was no drill yet: {command}")]
    when, good = datetime.fromisoformat(kept.drill["time"]), bool(kept.drill["good"])
    result = f"recovered in {kept.drill['minutes']} minutes" if good else f"failed: {kept.drill['problem']}"
    return [*lines, (not good or now - when > DRILL_LATE, f"the last drill, of {when:%Y-%m-%d %H:%M} UTC, {result}")]


def as_json(kept: Dumps, now: datetime) -> dict[str, Any]:
    """The same for a script."""
    newest = kept.dumps[-1] if kept.dumps else None
    return {
        "dumps": {
            "newest": newest.time.isoformat() if newest else "",
            "count": len(kept.dumps),
            "bytes": newest.size if newest else 0,
            "failed": kept.failed,
            "late": kept.late(now),
        },
        "drill": kept.drill,
    }
