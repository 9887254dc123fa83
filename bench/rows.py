"""Rows of a benchmark: a table for people, JSON for the rest."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from rehearsal.home import Home
from rehearsal.workspace import installed

WIDTH = 200
"""Of a table that goes to a file."""


def measured_by_the_cli(run: Callable[[Home, Console], list[dict[str, Any]]], columns: Sequence[str], file: Path) -> int:
    """Measure on the real engine, print the rows and write them to `file`. Exit codes: 0 measured, 1 there is no Pulumi CLI."""
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    if not installed():
        console.print("there is no `pulumi` on PATH: what the real engine does can't be measured without it")
        return 1
    show(run(Home(), console), columns, console=console, file=file)
    return 0


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, console: Console, file: Path) -> None:
    """Print them and write them to `file`."""
    table = Table(*(Column(column, no_wrap=True) for column in columns))
    for row in rows:
        table.add_row(*(str(row[column]) for column in columns))
    console.print(table)
    file.write_text(json.dumps(rows, indent=1) + "\n")
