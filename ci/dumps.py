"""The logical dumps of a stack, as its host tells them (infra/backup.sh): when they were made, and whether the last run went well."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ci.host import Host

DECLARED = ("command:local:Command", "backup")
"""Type and name of what makes a stack's own dumps (infra/backup.py)."""
LATE = timedelta(hours=36)
"""A daily dump that is older than this was left out."""
_LIMIT = 300
"""Seconds: the index of the repository is read."""


@dataclass(frozen=True, kw_only=True)
class Dump:
    """One of them; `size` is in bytes, as dumped."""

    id: str
    time: datetime
    size: int


@dataclass(frozen=True, kw_only=True)
class Dumps:
    """All that there are, oldest first, and the result of the last drill (ci/drill.py), where there was one."""

    dumps: tuple[Dump, ...]
    drill: dict[str, Any] | None
    failed: bool
    """Whether the last run of the timer ended in an error."""

    def late(self, now: datetime) -> bool:
        """Whether there is something to do: none there, none of today or yesterday, or the last one failed."""
        return self.failed or not self.dumps or now - self.dumps[-1].time > LATE


def dumps(host: Host) -> Dumps:
    """Ask the host. Raises HostError."""
    return parsed(host.run("sudo site-backup list", limit=_LIMIT))


def parsed(said: str) -> Dumps:
    """What `site-backup list` prints: snapshots on a line, the last drill on a line of its own, and what systemd says."""
    lines = said.splitlines()
    snapshots = json.loads(next((line for line in lines if line.startswith("[")), "[]")) or []
    drill = next((json.loads(line) for line in lines if line.startswith("{")), None)
    found = [
        Dump(
            id=str(snapshot["short_id"]),
            time=datetime.fromisoformat(snapshot["time"]),
            size=int((snapshot.get("summary") or {}).get("total_bytes_processed", 0)),
        )
        for snapshot in snapshots
        if "dump" in (snapshot.get("tags") or [])
    ]
    return Dumps(dumps=tuple(sorted(found, key=lambda dump: dump.time)), drill=drill, failed="Result=success" not in lines)
