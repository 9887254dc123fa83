"""The stack's own dumps of its database, and the drill that proves them."""

from datetime import UTC, datetime

from ci.backups import DRILL_LATE
from ci.dumps import Dumps, dumps
from ci.status.fact import Fact, lasted, moment
from ci.status.subject import Subject


def kept(subject: Subject) -> list[Fact]:
    """The newest dump and the last drill, as the host tells them; nothing where none are made. Raises HostError."""
    if not subject.dumped or not subject.host:
        return []
    found, now = dumps(subject.host), datetime.now(UTC)
    return [_newest(found, subject.stack, now), _drill(found, subject.stack, now)]


def _newest(found: Dumps, stack: str, now: datetime) -> Fact:
    late = found.late(now)
    value = "there is none yet"
    if found.dumps:
        newest = found.dumps[-1]
        value = f"{moment(newest.time)}, {lasted(now - newest.time)} ago, {newest.size / 1e6:.1f} MB ({len(found.dumps)} are kept)"
    return Fact(
        topic="database",
        name="last dump",
        value=value + ("; the last one failed" if found.failed else ""),
        state="bad" if late else "ok",
        hint=f"python -m ci backups --stack {stack}" if late else "",
        data={"count": len(found.dumps), "failed": found.failed},
    )


def _drill(found: Dumps, stack: str, now: datetime) -> Fact:
    if found.drill is None:
        # Told, but not pressed for: the first one is the weekly job's.
        return Fact(topic="database", name="last drill", value=f"there was none yet: python -m ci drill --stack {stack}", state="ok")
    when, good = datetime.fromisoformat(found.drill["time"]), bool(found.drill["good"])
    result = f"recovered in {found.drill['minutes']} minutes" if good else f"failed: {found.drill['problem']}"
    due = not good or now - when > DRILL_LATE
    return Fact(
        topic="database",
        name="last drill",
        value=f"{moment(when)}, {lasted(now - when)} ago: {result}",
        state="ok" if not due else "warn" if good else "bad",
        hint=f"python -m ci drill --stack {stack}" if due else "",
        data=found.drill,
    )
