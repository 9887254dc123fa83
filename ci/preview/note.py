"""The note on a merge request: an outlook for people, in GitLab's Markdown. Names and paths are code, so that none of them is a mention,
a link or a tag."""

from collections.abc import Iterable

from ci.ages import Age
from ci.preview.effects import Effect, Impact
from ci.preview.outlook import Outlook
from ci.preview.prices import Bill
from infra.ages import rotation
from policy.violation import Violation

MOST = 60
"""Rows of one table: GitLab takes notes of a million characters, people less."""
_WORDS = {
    Effect.NOTHING: "visitors notice nothing",
    Effect.ROLLED: "rolled without loss",
    Effect.DOWNTIME: "**downtime**",
    Effect.DATA: "**data at risk**",
}
_PASSIVE = {"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete"}


def marker(stack: str) -> str:
    """Its first line, by which it is found again."""
    return f"<!-- site preview {stack} -->"


def summary(outlook: Outlook) -> str:
    """One line."""
    counts = outlook.counts()
    told = ", ".join(f"{counts[op]} {words}" for op, words in _PASSIVE.items() if op in counts)
    if not outlook.impacts:
        return f"{outlook.bundle.stack}: nothing changes"
    return f"{outlook.bundle.stack}: {_WORDS[outlook.gate.effect]} ({told})"


def render(outlook: Outlook) -> str:
    """The whole note."""
    felt = [impact for impact in outlook.impacts if impact.effect > Effect.NOTHING]
    unfelt = [impact for impact in outlook.impacts if impact.effect == Effect.NOTHING]
    parts = [marker(outlook.bundle.stack), f"### {summary(outlook)}"]
    if outlook.gate.above:
        parts.append(f"> {'⛔' if outlook.gate.shut else '✅'} {outlook.gate}.")
    if outlook.violations:
        parts.append(_policy(outlook.violations))
    if outlook.image:
        parts.append(f"Previewed with the image {_code(outlook.image)}.")
    if felt:
        parts.append(_table(felt))
    if not outlook.whole:
        parts.append(
            "**Not all is listed**: what runs on a droplet that is still to be made can't be previewed. All services, networks and volumes"
            " are made there anew."
        )
    if unfelt:
        parts.append(_folded(f"{_number(len(unfelt), 'change')} that no visitor notices", _table(unfelt)))
    parts += [f"- {line}" for line in _lines(outlook)]
    if outlook.impacts:
        parts.append(_folded("All properties that change, by component", _components(outlook.impacts)))
    of = f" of commit {_code(outlook.bundle.commit[:8])}" if outlook.bundle.commit else ""
    parts.append(f"<sub>Compared with the state of {outlook.bundle.made}{of}. No secret is known here: fingerprints stand for them.</sub>")
    return _joined(parts)


def failed(stack: str, message: str) -> str:
    """The note where there is nothing to tell, because the preview failed."""
    fence = "`" * 8
    parts = [marker(stack), f"### {stack}: the preview failed", f"{fence}\n{message[-20_000:].replace('`' * 8, '')}\n{fence}"]
    return _joined(parts)


def _policy(violations: Iterable[Violation]) -> str:
    """What is against the policy: first what nobody has allowed."""
    rows = [
        f"| {'✅' if found.allowed else '⛔'} {_code(found.id)} | {_code(found.resource)} | {_plain(found.message)} |"
        f" {f'allowed: {_plain(found.allowed)}' if found.allowed else _plain(found.mend)} |"
        for found in sorted(violations, key=lambda found: bool(found.allowed))
    ]
    more = f"\n\n… and {len(rows) - MOST} more" if len(rows) > MOST else ""
    head = [
        "**Against the policy** (`policy/README.md` has the reasons):",
        "",
        "| rule | resource | what | how to mend it |",
        "| --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows[:MOST]]) + more


def _lines(outlook: Outlook) -> Iterable[str]:
    if outlook.secrets:
        names = ", ".join(map(_code, outlook.secrets))
        yield f"**Secrets** that the stack file has otherwise than what runs: {names}"
    yield from (f"**Not yet**: {text}" for text in outlook.waiting)
    yield from (f"**Past its age**: {_age(age, outlook.bundle.stack)}" for age in outlook.overdue)
    if outlook.bundle.verdict:
        yield f"**Going back**, as the last release said: {_plain(outlook.bundle.verdict)}"
    yield f"**Cost a month**: {_cost(outlook.before, outlook.after)}"


def _age(age: Age, stack: str) -> str:
    return f"{_code(age.name)}, last rotated {age.days} days ago (limit {age.limit}): {_code(rotation(age.name, stack))}"


def _cost(before: Bill, after: Bill) -> str:
    dollars = f"${after.dollars}, as before" if before.dollars == after.dollars else f"${before.dollars} → ${after.dollars}"
    gone = [text for text in before.unknown if text not in after.unknown]
    told = [f"no known price for {text}" for text in after.unknown] + [f"nor for {text}, which there is now" for text in gone]
    return f"{dollars} for what has a known price" + (f"; {', '.join(told)}" if told else "")


def _table(impacts: Iterable[Impact]) -> str:
    rows = [
        f"| {_bold(impact.effect)} | {_code(impact.change.op)} {_code(f'{impact.change.kind} {impact.change.name}')} |"
        f" {_plain(impact.sentence)} | {', '.join(map(_code, impact.causes[:3]))}{' …' if len(impact.causes) > 3 else ''} |"
        for impact in impacts
    ]
    more = f"\n\n… and {len(rows) - MOST} more" if len(rows) > MOST else ""
    return "\n".join(["| effect | change | what it does | because of |", "| --- | --- | --- | --- |", *rows[:MOST]]) + more


def _components(impacts: Iterable[Impact]) -> str:
    groups: dict[str, list[str]] = {}
    for impact in impacts:
        change = impact.change
        paths = f": {', '.join(map(_code, change.properties[:20]))}" if change.properties else ""
        groups.setdefault(change.component or "(no component)", []).append(f"- {change.op} {_code(f'{change.kind} {change.name}')}{paths}")
    return "\n\n".join(f"**{name}**\n\n" + "\n".join(lines) for name, lines in sorted(groups.items()))


def _bold(effect: Effect) -> str:
    return f"**{effect.word}**" if effect >= Effect.DOWNTIME else effect.word


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _code(text: str) -> str:
    clean = " ".join(text.replace("`", "'").replace("|", "¦").split())
    return f"`{clean}`"


def _plain(text: str) -> str:
    """A text of ours, which may have code in it, but no cell and no line."""
    return " ".join(text.replace("|", "¦").replace("<", "&lt;").split())


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _joined(parts: Iterable[str]) -> str:
    """With an empty line between two, but not between those of a list."""
    text = ""
    for part in parts:
        text += part if not text else f"\n{part}" if part.startswith("- ") and text.rpartition("\n")[2].startswith("- ") else f"\n\n{part}"
    return text + "\n"
