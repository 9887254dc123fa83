"""The host as a machine: its disk and its memory."""

from ci.status.fact import Fact, gibibytes
from ci.status.subject import Subject

_LOOK = "df --output=size,avail --block-size=1 /var/lib/docker | tail -n 1; grep -E '^Mem(Total|Available):' /proc/meminfo"
DISK, MEMORY = 0.8, 0.9
"""Used, as in the alerts (infra/watch.py)."""


def room(subject: Subject) -> list[Fact]:
    """Where images and volumes lie, and what programs may still take. Raises HostError."""
    if not subject.host:
        return []
    disk, *memory = subject.host.run(_LOOK).splitlines()
    size, free = map(int, disk.split())
    total, available = (int(line.split()[1]) * 1024 for line in sorted(memory, reverse=True))
    log_in = f"ssh deploy@{subject.host.address}"
    return [
        _fact("disk", size, free, DISK, f"{log_in} docker system df says what takes it"),
        _fact("memory", total, available, MEMORY, f"{log_in} docker stats --no-stream says who takes it"),
    ]


def _fact(name: str, whole: int, free: int, limit: float, hint: str) -> Fact:
    used = 1 - free / whole
    return Fact(
        topic="host",
        name=name,
        value=f"{used:.0%} of {gibibytes(whole)} used, {gibibytes(free)} free",
        state="warn" if used > limit else "ok",
        hint=hint if used > limit else "",
        data={"bytes": whole, "free": free},
    )
