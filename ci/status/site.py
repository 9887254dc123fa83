"""The site as visitors meet it: whether it answers, and how long its certificate lasts."""

import time
from datetime import UTC, datetime

from ci.front_door import ClosedError, DoorError, advice
from ci.status.fact import Fact, lasted, moment
from ci.status.subject import Subject

SLOW = 2000
"""Milliseconds, as in the alert (infra/watch.py)."""
LEFT = 1 / 4
"""Caddy renews a certificate when a third of its lifetime is left (https://caddyserver.com/docs/json/apps/tls/automation/policies/):
with less than this left, it has tried for long."""


def health(subject: Subject) -> list[Fact]:
    """Asked once, at its own address."""
    if not (door := subject.door):
        return []
    began = time.monotonic()
    try:
        door.ask()
    except DoorError as error:
        hint = advice(door) if isinstance(error, ClosedError) else f"ssh deploy@{subject.exports['host']} docker service ls"
        return [Fact(topic="site", name="health", value=str(error), state="bad", hint=hint)]
    took = round((time.monotonic() - began) * 1000)
    return [Fact(topic="site", name="health", value=f"answers in {took} ms", state="warn" if took > SLOW else "ok", data={"ms": took})]


def certificate(subject: Subject) -> list[Fact]:
    """That of the site's own name."""
    if not (door := subject.door):
        return []
    try:
        begin, end = door.certificate()
    except DoorError as error:
        return [Fact(topic="site", name="certificate", value=str(error), state="bad", hint=advice(door))]
    left = end - datetime.now(UTC)
    late = left < (end - begin) * LEFT
    return [
        Fact(
            topic="site",
            name="certificate",
            value=f"ends {moment(end)}, in {lasted(left)}",
            state="warn" if late else "ok",
            hint=f"ssh deploy@{subject.exports['host']} docker service logs --tail 50 proxy says why it is not renewed" if late else "",
            data={"end": end.isoformat()},
        )
    ]
