"""`backups`: whether the managed database was backed up lately, as DigitalOcean tells it.

It does so once a day and keeps seven: https://docs.digitalocean.com/products/databases/postgresql/details/features/
"""

import argparse
import json
from datetime import UTC, datetime, timedelta

from rich.console import Console

from ci.cli import Cli
from ci.cloud import token
from ci.digitalocean import DigitalOcean
from ci.state import State
from ci.thing import CloudError

LATE = timedelta(hours=36)
"""A daily backup that is older than this was left out."""
MISSING = 4
"""The exit code where the newest is late."""
_CLUSTER = "digitalocean:index/databaseCluster:DatabaseCluster"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print them as JSON")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Print the newest; gives the exit code. Raises CliError, CloudError."""
    found = State(cli.export()).of(_CLUSTER)
    if not found:
        raise CloudError(f"there is no database in the state of {cli.stack}; python -m ci up --stack {cli.stack} makes it")
    account = DigitalOcean(token(cli, "DIGITALOCEAN_TOKEN", "digitalocean:token"))
    made, times = account.backups(str(found[0]["id"]))
    late = overdue(times, made=made, now=datetime.now(UTC))
    if options.json:
        print(json.dumps({"newest": times[-1].isoformat() if times else "", "count": len(times), "late": late}))
    else:
        newest = f"the newest of {len(times)} backups is of {times[-1]:%Y-%m-%d %H:%M} UTC" if times else "there is no backup yet"
        console.print(f"{'[red]![/red]' if late else '[green]✓[/green]'} {newest}", highlight=False)
    return MISSING if late else 0


def overdue(times: list[datetime], *, made: datetime, now: datetime) -> bool:
    """Whether a backup is missing. A cluster that was just `made` has none yet."""
    return now - max([made, *times]) > LATE
