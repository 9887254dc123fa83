"""What a change does to visitors and to data, by the rules of ci/preview/effect_rules.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase

from ci.preview.change import Change


class Effect(IntEnum):
    """From harmless to grave."""

    NOTHING = 0
    """No visitor notices."""
    ROLLED = 1
    """What serves is exchanged, without a lost request."""
    DOWNTIME = 2
    """For seconds or longer something does not answer, or a part of the site stops."""
    DATA = 3
    """Data may be lost, or may become readable for others."""

    @property
    def word(self) -> str:
        """As the config and the labels call it."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Holds for a change whose type, name and operation match (shell patterns; operations separated by spaces), of whose properties one
    matches, and of which `only` says so. `sentence` may have `{name}` in it."""

    type: str
    ops: str
    effect: Effect
    sentence: str
    name: str = "*"
    properties: str = "*"
    only: Callable[[Change], bool] = lambda _: True

    def causes(self, change: Change) -> tuple[str, ...] | None:
        """The properties that it is about; none of them for an operation that has no properties; None where it does not hold."""
        kind = change.type.partition(":")[0] + ":" + change.type.rpartition(":")[2]
        if not fnmatchcase(kind, self.type) or change.op not in self.ops.split() or not fnmatchcase(change.name, self.name):
            return None
        found = tuple(path for path in change.properties if any(fnmatchcase(path, pattern) for pattern in self.properties.split()))
        return found if (found or self.properties == "*") and self.only(change) else None


@dataclass(frozen=True, kw_only=True)
class Impact:
    """Of one change: its gravest effect, the sentence for it, and the properties that cause it."""

    change: Change
    effect: Effect
    sentence: str
    causes: tuple[str, ...]


_UNKNOWN = {
    "create": (Effect.NOTHING, "is new: nothing that is there changes"),
    "update": (Effect.DOWNTIME, "what this does is not known here; seconds of downtime are assumed"),
    "replace": (Effect.DATA, "what this does is not known here; that what it holds is lost is assumed"),
    "delete": (Effect.DATA, "what this does is not known here; that what it holds is lost is assumed"),
}
"""In doubt the graver: a note that is wrong there costs a label, one that is wrong the other way costs visitors."""


def assess(change: Change, rules: Sequence[Rule]) -> Impact:
    """The gravest of the rules that hold. Each of its properties counts by the first rule that names it; those that no rule names, by
    what is assumed of an unknown change."""
    found: list[tuple[Effect, str, tuple[str, ...]]] = []
    left = set(change.properties)
    for rule in rules:
        causes = rule.causes(change)
        if causes is None or (change.properties and not (mine := tuple(path for path in causes if path in left))):
            continue
        mine = mine if change.properties else ()
        found.append((rule.effect, rule.sentence.format(name=change.name), mine))
        left -= set(mine)
        if not left:
            break
    if left or not found:
        found.append((*_UNKNOWN[change.op], tuple(path for path in change.properties if path in left)))
    effect, sentence, causes = max(found, key=lambda entry: entry[0])
    return Impact(change=change, effect=effect, sentence=sentence, causes=causes)
