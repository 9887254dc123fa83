"""`status`: what a stack exports, and how old its secrets are."""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ci import config_file
from ci.ages import Age, ages, overdue_error
from ci.cli import Cli
from ci.deployment import PulumiDeployment
from infra.ages import rotation


class OverdueError(Exception):
    """A secret is older than it may be; nothing was changed."""


PAST = 4
"""The exit code where a secret is past its limit: all is well, but there is something to do."""
_SHOWN = ("url", "image", "address", "host")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Print it, as JSON where `options.json`; gives the exit code. Raises CliError."""
    exports = PulumiDeployment(cli).exports()
    config = config_file.of(cli)
    found = ages(exports.get("rotated") or {}, config.get("site:secretAges") or {}, now=datetime.now(UTC))
    shown = {name: str(exports.get(name) or "") for name in _SHOWN}
    if options.json:
        print(json.dumps({**shown, "secrets": [asdict(age) | {"past": age.past} for age in found]}))
    else:
        _print(shown, found, cli.stack, console)
    return PAST if any(age.past for age in found) else 0


def check_ages(cli: Cli) -> None:
    """Where the config says so, nothing is brought out while a secret is past its limit. Raises OverdueError."""
    config = config_file.of(cli)
    if config.get("site:secretAgesEnforced") is True:
        rotated = PulumiDeployment(cli).exports().get("rotated") or {}
        if told := overdue_error(ages(rotated, config.get("site:secretAges") or {}, now=datetime.now(UTC)), stack=cli.stack):
            raise OverdueError(told)


def _print(shown: dict[str, str], found: list[Age], stack: str, console: Console) -> None:
    for name, value in shown.items():
        console.print(f"{name:>8}  {escape(value) or '[dim]nothing yet[/dim]'}", highlight=False)
    if not found:
        console.print(f"When its secrets were rotated is known after: python -m ci up --stack {stack}", highlight=False)
        return
    print_ages(found, stack, console)


def print_ages(found: list[Age], stack: str, console: Console) -> None:
    """A table of them, with a command for each that is past its limit."""
    table = Table("secret", "last rotated", box=None, pad_edge=False)
    for heading in ("days", "limit"):
        table.add_column(heading, justify="right")
    for age in found:
        table.add_row(escape(age.name), age.since, str(age.days), str(age.limit), style="red" if age.past else "")
    console.print(table)
    # Below the table, so that a narrow terminal cuts none of them.
    for age in found:
        if age.past:
            console.print(f"[red]![/red] {rotation(age.name, stack)}", highlight=False)
