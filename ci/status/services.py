"""What runs on the host, by process: how many replicas of how many."""

import json
import re

from ci.status.fact import Fact
from ci.status.subject import Subject

_LIST = "docker service ls --format '{{json .}}'"
_REPLICAS = re.compile(r"(\d+)/(\d+)")


def replicas(subject: Subject) -> list[Fact]:
    """Of the swarm, and what it does not know any more. Raises HostError."""
    if not subject.host:
        return []
    services = map(json.loads, subject.host.run(_LIST).splitlines())
    there = {service["Name"]: service["Replicas"] for service in services}
    gone = [
        Fact(topic="services", name=name, value="is not there", state="bad", hint=f"python -m ci drift --stack {subject.stack}")
        for name in sorted(subject.services - there.keys())
    ]
    return [_fact(name, told, subject.host.address) for name, told in sorted(there.items())] + gone


def _fact(name: str, told: str, address: str) -> Fact:
    """`told` is like `2/2`, running of wanted, with more behind it for some modes."""
    counts = _REPLICAS.match(told)
    if not counts:
        return Fact(topic="services", name=name, value=f"unknown: the swarm says {told}", state="unknown")
    running, wanted = int(counts[1]), int(counts[2])
    well = running == wanted > 0
    return Fact(
        topic="services",
        name=name,
        value=f"{running} of {wanted} run",
        state="ok" if well else "warn" if running else "bad",
        hint="" if well else f"ssh deploy@{address} docker service ps --no-trunc {name}",
        data={"running": running, "wanted": wanted},
    )
