"""A foresight: a preview with the policy pack, and what of it is against the policy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import policy
from ci.cli import Cli, CliError
from ci.preview.change import Change, changes
from ci.state import DROPLET
from policy.replacement import replaced
from policy.rules import BY_ID
from policy.violation import Violation

PACK = Path(policy.__file__).resolve().parent
_NAME = "site"
"""The pack's own (policy/pack.py)."""


@dataclass(frozen=True, kw_only=True)
class Foresight:
    """`events` are the engine's."""

    events: list[dict[str, Any]]
    changes: list[Change]
    violations: tuple[Violation, ...]
    whole: bool
    """False where Pulumi could not preview what runs on a droplet that is still to be made."""

    @classmethod
    def of(cls, cli: Cli, *words: str, config: Mapping[str, Any]) -> Self:
        """Preview, with more words of `pulumi preview`; `config` is the stack's, by whole key. Raises CliError.

        With a new droplet the address of its Docker is not known yet, and the engine gives up at the first object there that would have to
        be deleted before it is made again: it asks the provider what depends on that (calculateDependentReplacements in step_generator.go).
        """
        events: list[dict[str, Any]] = []
        whole = True
        try:
            for event in cli.stream("preview", f"--policy-pack={PACK}", *words):
                events.append(event)
        except CliError as error:
            if "inputs that are not known during preview" in str(error) and any(change.type == DROPLET for change in changes(events)):
                whole = False
            # Where the policy alone stops it, the engine has seen everything, and says no more than that it failed.
            elif not (any(_stops(event) for event in events) and str(error).strip() == "preview failed"):
                raise
        done = changes(events)
        lost = replaced(((change.urn, change.type, change.op) for change in done), config)
        return cls(events=events, changes=done, violations=(*_told(events, config.get("site:allowedViolations") or {}), *lost), whole=whole)


def _told(events: Iterable[dict[str, Any]], reasons: Mapping[str, str]) -> Iterator[Violation]:
    """By the pack: what is wrong stands on the last line, below what the rule is."""
    for event in events:
        told = event.get("policyEvent") or {}
        if told.get("policyPackName") == _NAME:
            id = str(told["policyName"])
            yield Violation(
                id=id,
                urn=str(told.get("resourceUrn", "")),
                message=str(told["message"]).strip().rpartition("\n")[2],
                mend=BY_ID[id].mend,
                allowed="" if _stops(event) else reasons.get(id, ""),
            )


def _stops(event: dict[str, Any]) -> bool:
    return (event.get("policyEvent") or {}).get("enforcementLevel") == "mandatory"
