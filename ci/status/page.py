"""Reports as one page for a browser: a file of its own, with nothing that it would fetch."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from ci.status.fact import Fact, moment
from ci.status.report import Report

_PAGE = Template((Path(__file__).parent / "page.html").read_text())
_SIGNS = {"ok": "✓", "warn": "!", "bad": "✗", "unknown": "?"}
_SENTENCES = {"ok": "all is well", "warn": "there is something to do", "bad": "something is wrong", "unknown": "not all could be asked"}


def page(reports: Sequence[Report]) -> str:
    """HTML. It is the same on a phone, follows the reader's light or dark, and runs no script."""
    title = "; ".join(f"{report.stack}: {_SENTENCES[report.state]}" for report in reports)
    return _PAGE.substitute(title=escape(title), stacks="\n".join(map(_stack, reports)))


def _stack(report: Report) -> str:
    lines = [f'<h1>{escape(report.stack)} <span class="{report.state}">{_SENTENCES[report.state]}</span></h1>']
    lines.append(f"<p>{escape(report.url)}, as of {moment(report.asked)}</p>")
    for topic, facts in groupby(report.facts, key=lambda fact: fact.topic):
        lines += [f"<h2>{escape(topic)}</h2>", "<dl>", *map(_row, facts), "</dl>"]
    return "\n".join(lines)


def _row(fact: Fact) -> str:
    hint = f"<code>{escape(fact.hint)}</code>" if fact.hint else ""
    sign = f'<span class="{fact.state}" title="{fact.state}">{_SIGNS[fact.state]}</span>'
    return f"<div><dt>{sign} {escape(fact.name)}</dt><dd>{escape(fact.value)}{hint}</dd></div>"
