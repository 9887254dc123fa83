"""`drill`: the newest dump restored into a scratch cluster, and tried there by the image that runs.

It says how long a recovery takes and how old its data would be. Nothing of the site is touched, and the cluster is deleted in any case.
"""

import argparse
import json
import re
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ci.cli import Cli
from ci.cloud import token
from ci.deployment import PulumiDeployment
from ci.digitalocean import DigitalOcean
from ci.django_shell import DIED, ask
from ci.dumps import dumps
from ci.events import Event, Tell
from ci.host import Host, HostError
from ci.progress import Progress
from ci.scratch import Way, edits, scratch
from ci.services import Services

_SCRIPT = (Path(__file__).parent / "in_image" / "smoke.py").read_text()
_ANSWER = re.compile(r"^<smoke>(.*)</smoke>$", re.MULTILINE)
_RESTORE_LIMIT = 6 * 3600
_SMOKE_LIMIT = 1800


class DrillError(Exception):
    """The dump could not be restored, or the image can't work with it; `str()` says why."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a drill found. Times are in UTC, like 2026-11-21T18:30:00Z; sizes in bytes."""

    time: str
    dump: str
    """The snapshot's id."""
    dumped: str
    image: str
    good: bool
    cluster_seconds: int
    restore_seconds: int
    check_seconds: int
    age_minutes: int
    """How old the data was when the drill began: what a loss at that moment would have cost."""
    size: int
    tables: int = 0
    rows: int = 0
    problem: str = ""

    @property
    def minutes(self) -> float:
        """From the decision to recover to a site that could run."""
        return round((self.cluster_seconds + self.restore_seconds + self.check_seconds) / 60, 1)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Do it and tell; gives the exit code. Raises CliError, CloudError, DrillError, HostError."""
    exports = PulumiDeployment(cli).exports()
    if not exports.get("host") or not exports.get("image"):
        raise DrillError(f"{cli.stack} has no host with a site on it; python -m ci up --stack {cli.stack} makes both")
    host = Host(address=str(exports["host"]), key=str(exports["hostKey"]), environment=cli.environment)
    account = DigitalOcean(token(cli, "DIGITALOCEAN_TOKEN", "digitalocean:token"))
    with Progress(Console(stderr=True, soft_wrap=True) if options.json else console) as progress:
        result = drill(host, account, stack=cli.stack, image=str(exports["image"]), tell=progress)
    if options.json:
        print(json.dumps(asdict(result) | {"minutes": result.minutes}))
    else:
        console.print(f"{'[green]✓[/green]' if result.good else '[red]✗[/red]'} {escape(told(result))}", highlight=False)
    return 0 if result.good else 1


def told(result: Result) -> str:
    """The result in a sentence."""
    parts = f"cluster {result.cluster_seconds} s, restore {result.restore_seconds} s, check {result.check_seconds} s"
    if not result.good:
        return f"the dump of {result.dumped} is no good: {result.problem} ({parts})"
    what = f"{result.rows:,} rows in {result.tables} tables, data {result.age_minutes} minutes old"
    return f"recovered in {result.minutes} minutes ({parts}): {what}"


def drill(host: Host, account: DigitalOcean, *, stack: str, image: str, tell: Tell) -> Result:
    """Do it, and keep the result beside the dumps. Raises CloudError, DrillError, HostError where it did not come to a result."""
    found = dumps(host).dumps
    if not found:
        # The timer's first one may be a day away.
        _say(tell, "there is no dump yet: making one")
        host.run("sudo systemctl start site-backup.service", limit=_RESTORE_LIMIT)
        found = dumps(host).dumps
    if not found:
        raise DrillError(f"{stack} has no dump, though one was made just now; on its host: sudo journalctl -u site-backup.service")
    newest, began, service = found[-1], datetime.now(UTC), Services.on(host).serving
    result = Result(
        time=_utc(began),
        dump=newest.id,
        dumped=_utc(newest.time),
        image=image.partition("@")[2],
        good=False,
        cluster_seconds=0,
        restore_seconds=0,
        check_seconds=0,
        age_minutes=int((began - newest.time).total_seconds() // 60),
        size=newest.size,
    )
    start = time.monotonic()
    _say(tell, f"a scratch cluster for the dump of {result.dumped}")
    with scratch(account, stack) as (old, new):
        result = replace(result, cluster_seconds=_since(start))
        start = time.monotonic()
        _say(tell, "restoring")
        try:
            host.run(f"sudo site-backup restore {newest.id}", stdin=new.variables, limit=_RESTORE_LIMIT)
        except HostError as error:
            result = replace(result, problem=_without(str(error), new))
        result = replace(result, restore_seconds=_since(start))
        if not result.problem:
            start = time.monotonic()
            _say(tell, "trying it with the image that runs")
            result = _tried(host, result, image=image, service=service, change=edits(old, new))
            result = replace(result, check_seconds=_since(start))
        _say(tell, "deleting the scratch cluster")
    host.run("sudo site-backup note", stdin=json.dumps(asdict(result) | {"minutes": result.minutes}) + "\n")
    return result


def _tried(host: Host, result: Result, *, image: str, service: str, change: str) -> Result:
    said = ask(host, image, environment_of=service, tag="smoke", script=_SCRIPT, given={}, change=change, limit=_SMOKE_LIMIT)
    if not (answer := _ANSWER.search(said)):
        died = DIED.findall(said)
        return replace(
            result, problem=f"the image's Django ends with {died[-1]}" if died else f"the image did not run ({said.strip()[:60]})"
        )
    found = json.loads(answer[1])
    if "unknown" in found:
        return replace(result, problem=f"the image's Django ends with {found['unknown']} on a query")
    problem = "" if found["migrated"] else "it lacks migrations of the image that runs (migrate --check)"
    return replace(result, good=not problem, problem=problem, tables=found["tables"], rows=found["rows"])


def _without(text: str, way: Way) -> str:
    """An error's text without the way's passwords, should a client have said one."""
    return text.replace(way.administrator_password, "***").replace(way.password, "***")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _since(start: float) -> int:
    return round(time.monotonic() - start)


def _say(tell: Tell, message: str) -> None:
    tell(Event(kind="said", message=message))
