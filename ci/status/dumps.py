"""The stack's own dumps of its database, and the drill that proves them: what `backups` says of them."""

from datetime import UTC, datetime

from ci.backups import as_json, told
from ci.dumps import dumps
from ci.status.fact import Fact
from ci.status.subject import Subject


def kept(subject: Subject) -> list[Fact]:
    """The newest dump and the last drill, as the host tells them; nothing where none are made. Raises HostError."""
    if not subject.dumped or not subject.host:
        return []
    found, now = dumps(subject.host), datetime.now(UTC)
    return [
        Fact(
            topic="database",
            name=name,
            value=line,
            state="bad" if bad else "ok",
            hint=f"python -m ci {command} --stack {subject.stack}" if bad else "",
            data=as_json(found, now)[data] or {},
        )
        for (name, command, data), (bad, line) in zip(_FACTS, told(found, now, subject.stack), strict=True)
    ]


_FACTS = (("last dump", "backups", "dumps"), ("last drill", "drill", "drill"))
"""Name, the command for it, and where `as_json` has it; in the order of `told`."""
