"""Shows a plan as a tree of components, with `+` create, `~` update, `+-` replace and `-` delete."""

from collections import Counter

from rich.console import Group
from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from ci.progress import short
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.step import Op, Step

_SIGNS = {Op.CREATE: "[green]+[/green]", Op.UPDATE: "[yellow]~[/yellow]", Op.REPLACE: "[magenta]+-[/magenta]", Op.DELETE: "[red]-[/red]"}
_COUNTED = {Op.CREATE: "to create", Op.UPDATE: "to update", Op.REPLACE: "to replace", Op.DELETE: "to delete", Op.SAME: "unchanged"}


def tree(outcome: Outcome) -> Group:
    """The changes, below the components that hold them, and how many there are. What is unchanged is counted only."""
    root = Tree("", hide_root=True)
    branches: dict[str, Tree] = {"": root}
    for step in outcome.steps:
        if step.op is not Op.SAME:
            _branch(branches, outcome.components, step.parent).add(_label(step))
    counts = Counter(step.op for step in outcome.steps)
    summary = Text(", ".join(f"{counts[op]} {words}" for op, words in _COUNTED.items() if counts[op]) or "nothing")
    return Group(root, summary) if root.children else Group(summary)


def _branch(branches: dict[str, Tree], parents: dict[str, str], urn: str) -> Tree:
    """The branch of a component, below its parent's; the stack is the root."""
    if "pulumi:pulumi:Stack" in urn:
        return branches[""]
    if urn not in branches:
        type, name = urn.split("::")[2:]
        above = _branch(branches, parents, parents.get(urn, ""))
        branches[urn] = above.add(f"{escape(type.split('$')[-1])} [bold]{escape(name)}[/bold]")
    return branches[urn]


def _label(step: Step) -> str:
    properties = f" [dim]{escape(', '.join(step.properties))}[/dim]" if step.properties else ""
    return f"{_SIGNS[step.op]} {short(step.type)} [bold]{escape(step.name)}[/bold]{properties}"
