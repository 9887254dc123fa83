"""Rows of a benchmark: a table for people, JSON for the rest."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, console: Console, file: Path) -> None:
    """Print them and write them to `file`."""
    table = Table(*(Column(column, no_wrap=True) for column in columns))
    for row in rows:
        table.add_row(*(str(row[column]) for column in columns))
    console.print(table)
    file.write_text(json.dumps(rows, indent=1) + "\n")
