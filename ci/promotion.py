"""`promotion`: whether staging has proved an image, so that production may have it, and what comes with it.

Nothing is noted for it: the CLI's history knows when which image was brought out, and whether that went well. Neither history nor state
is decrypted for it, so the passphrase of staging is not needed (`pulumi stack history --json`, `pulumi stack export`; 3.260).
"""

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape

from ci import config_file
from ci.cli import Cli, CliError
from ci.commits import Changes, between
from ci.front_door import DoorError, FrontDoor
from ci.state import State

PROVING = "staging"
UNPROVEN = 4
"""The exit code where something has to be done first."""
_UPDATES = 100
"""How many of staging's updates are looked at."""


class PromotionError(Exception):
    """Staging has not proved it; nothing was changed. `str()` says what is missing, and the command to go on."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """From when to when an image ran; `end` is None while it still does."""

    begin: datetime
    end: datetime | None = None

    def lasted(self, now: datetime) -> timedelta:
        return (self.end or now) - self.begin


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--image", default="", metavar="DIGEST", help=f"REPOSITORY@sha256:… (default: what {PROVING} runs)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Tell whether it is proved, and what comes with it; gives the exit code. Raises CliError."""
    running = str(State(cli.export()).outputs.get("image") or "")
    image = options.image or str(_proving(cli).outputs.get("image") or "")
    try:
        proof, code = proven(cli, image, minutes=minutes(cli), now=datetime.now(UTC)), 0
    except PromotionError as error:
        proof, code = str(error), UNPROVEN
    changes = between(cli, running, image)
    if options.json:
        print(json.dumps({"image": image, "running": running, "proven": code == 0, "proof": proof, "changes": asdict(changes)}))
    else:
        console.print("[yellow]![/yellow]" if code else "[green]✓[/green]", escape(proof), highlight=False)
        _print(changes, console)
    return code


def minutes(cli: Cli) -> int:
    """How long production asks for: `site:promotionMinutes`, 0 for not at all."""
    return int(config_file.of(cli).get("site:promotionMinutes") or 0)


def proven(cli: Cli, image: str, *, minutes: int, now: datetime) -> str:
    """The proof, as a sentence for people. Raises PromotionError.

    Staging must have run this digest for `minutes` without another in between, after an update that went well; and where it still runs
    it, its front door must answer with it now.
    """
    digest = image.partition("@")[2]
    if not minutes:
        return "no proof is asked for: site:promotionMinutes is 0"
    try:
        state = _proving(cli)
        updates = history(replace(cli, stack=PROVING))
    except CliError as error:
        raise PromotionError(_refusal(cli, image, f"what {PROVING} has run can't be known: {error}")) from None
    found = runs(updates, digest)
    runs_now = bool(found) and found[-1].end is None and str(state.outputs.get("image") or "").endswith(f"@{digest}")
    counted = found if runs_now else [one for one in found if one.end]
    short = digest[:19]
    if not counted:
        raise PromotionError(_refusal(cli, image, f"{PROVING} has not run {short} in its last {_UPDATES} updates", bring=True))
    if runs_now:
        _look(cli, image, state)
    best = max(counted, key=lambda one: one.lasted(now))
    lasted = int(best.lasted(now).total_seconds() // 60)
    since = best.begin.strftime("%Y-%m-%d %H:%M UTC")
    if lasted < minutes:
        still = f"{PROVING} runs {short} since {since}" if best.end is None else f"{PROVING} ran {short} from {since} on"
        missing = f"that is {lasted} of {minutes} minutes, and {minutes - lasted} are missing"
        raise PromotionError(_refusal(cli, image, f"{still}: {missing}", bring=not runs_now))
    if best.end is None:
        return f"{PROVING} has run {short} healthily for {lasted} minutes, since {since}"
    return f"{PROVING} ran {short} for {lasted} minutes, from {since} on"


def history(cli: Cli) -> list[dict[str, Any]]:
    """The stack's last updates, the newest first, as `pulumi stack history --json` has them. Raises CliError."""
    found: list[dict[str, Any]] = json.loads(cli.run("stack", "history", "--json", f"--page-size={_UPDATES}"))
    return found


def runs(history: Iterable[dict[str, Any]], digest: str) -> list[Run]:
    """When a digest ran, oldest first, by `pulumi stack history --json`, which has the newest first.

    An update that failed counts for nothing: what it changed was put back, or is put back by the next one.
    """
    found: list[Run] = []
    for update in reversed(list(history)):
        if update["result"] != "succeeded" or update["kind"] not in ("update", "destroy"):
            continue
        config = {key: entry.get("value") for key, entry in (update.get("config") or {}).items()}
        image = str(config.get("site:image") or "")
        here = update["kind"] == "update" and config.get("site:deploySite") != "false" and image.endswith(f"@{digest}")
        running = bool(found) and found[-1].end is None
        if here and not running:
            found.append(Run(begin=_moment(update["endTime"])))
        elif running and not here:
            found[-1] = replace(found[-1], end=_moment(update["startTime"]))
    return found


def _proving(cli: Cli) -> State:
    return State(replace(cli, stack=PROVING).export())


def _look(cli: Cli, image: str, state: State) -> None:
    """Raises PromotionError where visitors of staging don't get it."""
    door = FrontDoor(url=str(state.outputs["health"]), address=str(state.outputs["address"]), ca_file=cli.environment.get("SSL_CERT_FILE"))
    try:
        door.watch(image.partition("@")[2])
    except DoorError as error:
        raise PromotionError(_refusal(cli, image, f"{PROVING} runs it and is not healthy: {error}")) from None


def _refusal(cli: Cli, image: str, reason: str, *, bring: bool = False) -> str:
    first = f"\nBring it there: python -m ci up --stack {PROVING} --image {image}" if bring else ""
    return f"{reason}{first}\nPromote it all the same: python -m ci up --stack {cli.stack} --image {image} --unproven"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _print(changes: Changes, console: Console) -> None:
    for commit in changes.commits:
        console.print(escape(f"  {commit}"), highlight=False)
    for path in changes.migrations:
        console.print(escape(f"  migration {path}"), highlight=False)
    if changes.unknown:
        console.print(escape(f"  {changes.unknown}"), highlight=False)
