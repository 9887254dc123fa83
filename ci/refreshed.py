"""What a refresh finds: resources of the state that were changed by hand, or are gone.

`pulumi refresh --preview-only` reads every resource, runs no program, takes no lock and writes nothing. So what the config would change
at the next `up` does not come into it. In its events the result is the `op` of resOutputsEvent: same, update or delete.
"""

from collections.abc import Iterable
from typing import Any

from ci.cli import Cli, CliError
from ci.finding import Finding

_NOISE = ("taskSpec.containerSpec.sysctl",)
"""Docker's provider names it with every other change of a service, though it is empty before and after."""


def refreshed(cli: Cli) -> tuple[list[Finding], str]:
    """What was found, and why not everything could be looked at; empty where it could."""
    found: list[dict[str, Any]] = []
    try:
        for event in cli.stream("refresh", "--preview-only"):
            found.append(event)
    except CliError as error:
        return findings(found), str(error)
    return findings(found), ""


def findings(events: Iterable[dict[str, Any]]) -> list[Finding]:
    """Of the events of a refresh."""
    found = []
    for event in events:
        metadata = event.get("resOutputsEvent", {}).get("metadata", {})
        thing = f"{str(metadata.get('type', '')).partition(':')[0]} {_kind(metadata)} {str(metadata.get('urn', '')).rpartition('::')[2]}"
        if metadata.get("op") == "delete":
            found.append(Finding(kind="gone", thing=thing))
        elif metadata.get("op") == "update" and (properties := _properties(metadata)):
            found.append(Finding(kind="changed by hand", thing=thing, properties=properties))
    return found


def _kind(metadata: dict[str, Any]) -> str:
    return str(metadata.get("type", "")).rpartition(":")[2]


def _properties(metadata: dict[str, Any]) -> tuple[str, ...]:
    """By the provider's detailed difference, or by names alone where it gave none."""
    names = metadata.get("detailedDiff") or metadata.get("diffs") or ()
    return tuple(sorted(name for name in names if name not in _NOISE))
