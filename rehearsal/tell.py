"""What the rehearsal tells people: a few lines, with the next command."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from ci.status.report import Report
from ci.status.terminal import show
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.step import Op
from rehearsal.home import CHECKOUT, Home
from rehearsal.stack import Stack

_COUNTED = {Op.CREATE: "created", Op.UPDATE: "updated", Op.REPLACE: "replaced", Op.DELETE: "deleted", Op.SAME: "unchanged"}


def finished(name: str, outcome: Outcome, home: Home, console: Console) -> None:
    """The end of an `up`: counts, the URL, how to look, how to stop."""
    stack, counts = Stack(name, home), Counter(step.op for step in outcome.steps)
    done = ", ".join(f"{counts[op]} {word}" for op, word in _COUNTED.items() if counts[op])
    if "next" in outcome.exports:
        console.print(f"{done}\n\n  Next     {outcome.exports['next']}\n  Stop     make down", highlight=False, markup=False)
        return
    certificate = home.certificate(name).relative_to(CHECKOUT)
    lines = [
        done,
        "",
        f"  Open     [bold]{stack.url}[/bold] (its certificate is the rehearsal's own: accept it)",
        f"  or       curl --cacert {certificate} {stack.url}",
        f"  Admin    make admin STACK={name} makes a user for {stack.url}/admin/",
        f"  Look     make status; make logs STACK={name} PROCESS=web",
        f"  Change   Pulumi.{name}.yaml or sample/, then: make up STACK={name}",
        "  Stop     make down",
    ]
    console.print("\n".join(lines), highlight=False)


def stacks(reports: Sequence[Report], console: Console) -> None:
    """How every stack is."""
    if not reports:
        console.print("nothing runs; start with: make up")
    for report in reports:
        show(report, console)
