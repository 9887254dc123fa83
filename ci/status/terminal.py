"""A report on a terminal, or in a job's log."""

from itertools import groupby

from rich.console import Console
from rich.markup import escape

from ci.status.fact import Fact
from ci.status.report import Report

_SIGNS = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "bad": "[red]✗[/red]", "unknown": "[magenta]?[/magenta]"}


def show(report: Report, console: Console) -> None:
    """A line a fact, and below it what to do."""
    console.print(f"[bold]{escape(report.stack)}[/bold]  {escape(report.url)}", highlight=False)
    width = max((len(fact.name) for fact in report.facts), default=0)
    for topic, facts in groupby(report.facts, key=lambda fact: fact.topic):
        console.print(f"\n[bold]{escape(topic)}[/bold]", highlight=False)
        for fact in facts:
            console.print(_line(fact, width), highlight=False)


def _line(fact: Fact, width: int) -> str:
    line = f"{_SIGNS[fact.state]} {escape(fact.name.ljust(width))}  {escape(fact.value)}"
    return f"{line}\n  {' ' * width}  → {escape(fact.hint)}" if fact.hint else line
