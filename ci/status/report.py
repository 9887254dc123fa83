"""All facts of a stack: every source is asked at once, each has its own time, and none holds up another."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ci.cli import CliError
from ci.host import HostError
from ci.status import database, dumps, machine, release, secrets, services, site
from ci.status.fact import Fact, State
from ci.status.subject import Subject
from ci.thing import CloudError

LIMIT = 30.0
"""Seconds for a source."""
LOOK_LIMIT = 300.0
"""And for drift that is looked for now."""
TODO = 4
"""The exit code where there is something to do."""
_GRAVEST: tuple[State, ...] = ("bad", "warn", "unknown", "ok")


@dataclass(frozen=True)
class Source:
    """Who knows `name` of `topic`: `ask` gives facts, of which this may be one of several, or none where there is nothing to know."""

    topic: str
    name: str
    ask: Callable[[Subject], list[Fact]]
    limit: float = LIMIT


SOURCES = (
    Source("release", "image", release.image),
    Source("release", "number", release.number),
    Source("release", "since", release.since),
    Source("site", "health", site.health),
    Source("site", "certificate", site.certificate),
    Source("services", "replicas", services.replicas),
    Source("host", "disk and memory", machine.room),
    Source("database", "state", database.cluster),
    Source("database", "disk", database.disk),
    Source("database", "last backup", database.backups),
    Source("database", "last dump", dumps.kept),
    Source("drift", "drift", lambda subject: subject.drift()),
    Source("secrets", "ages", secrets.rotated),
)
"""In the order in which they are shown."""
LOOKING = tuple(replace(source, limit=LOOK_LIMIT) if source.topic == "drift" else source for source in SOURCES)
"""Where drift is looked for now."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Of one stack. `asked` is the UTC time."""

    stack: str
    url: str
    asked: datetime
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, subject: Subject, sources: Iterable[Source] = SOURCES) -> "Report":
        """Ask all sources."""
        began, sources = time.monotonic(), list(sources)
        asked = datetime.now(UTC)
        found: dict[Source, list[Fact]] = {}
        # They are left behind where they do not end, also when the program does.
        threads = {source: threading.Thread(target=_ask, args=(source, subject, found), daemon=True) for source in sources}
        for thread in threads.values():
            thread.start()
        for source, thread in threads.items():
            thread.join(max(0.0, began + source.limit - time.monotonic()))
        facts = [fact for source in sources for fact in found.get(source) or _unknown(source, found)]
        return cls(stack=subject.stack, url=str(subject.exports.get("url") or ""), asked=asked, facts=tuple(facts))

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> "Report":
        """What `told` says."""
        facts = tuple(Fact(**fact) for fact in told["facts"])
        return cls(stack=told["stack"], url=told["url"], asked=datetime.fromisoformat(told["asked"]), facts=facts)

    @property
    def told(self) -> dict[str, Any]:
        """For scripts: plain values."""
        return {"stack": self.stack, "url": self.url, "asked": self.asked.isoformat(), "state": self.state} | {
            "facts": [asdict(fact) for fact in self.facts]
        }

    @property
    def state(self) -> State:
        """The gravest of all."""
        return next((state for state in _GRAVEST if any(fact.state == state for fact in self.facts)), "ok")

    @property
    def code(self) -> int:
        """The exit code: 4 something is to do, 1 not everything could be asked, 0 all is well."""
        return {"bad": TODO, "warn": TODO, "unknown": 1, "ok": 0}[self.state]


def _ask(source: Source, subject: Subject, found: dict[Source, list[Fact]]) -> None:
    try:
        found[source] = source.ask(subject)
    except (CliError, CloudError, HostError) as error:
        found[source] = [_why(source, str(error))]
    except Exception as error:
        # One source that can't be read keeps no other from being shown.
        found[source] = [_why(source, f"{type(error).__name__}: {error}")]


def _unknown(source: Source, found: Mapping[Source, list[Fact]]) -> list[Fact]:
    return [] if source in found else [_why(source, f"no answer within {source.limit:.0f} s")]


def _why(source: Source, reason: str) -> Fact:
    return Fact(topic=source.topic, name=source.name, value=f"unknown: {' '.join(reason.split())}", state="unknown")
