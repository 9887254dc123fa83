"""The managed database: its state, what it is made of, its disk, and when it was backed up last."""

import re
from datetime import UTC, datetime
from typing import Any

from ci.backups import overdue
from ci.django_shell import ask
from ci.host import HostError
from ci.services import Services
from ci.status.fact import Fact, gibibytes, lasted, moment
from ci.status.subject import Subject

FULL = 0.8
"""Of the disk, as in the alert (infra/watch.py)."""
# The size of the site's own database; write-ahead log and other databases of the cluster are not in it.
_SIZE = """from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("select pg_database_size(current_database())")
    print("<size>%d</size>" % cursor.fetchone()[0])
"""


def cluster(subject: Subject) -> list[Fact]:
    """Of DigitalOcean. Raises CloudError."""
    if not subject.cluster:
        return []
    found = subject.account().cluster(subject.cluster)
    online, nodes = found["status"] == "online", int(found["num_nodes"])
    # https://docs.digitalocean.com/reference/api/digitalocean/#tag/Databases: creating, online, resizing, migrating, forking
    hint = "" if online else "it comes back by itself; https://status.digitalocean.com says what is known"
    made = f"Postgres {found['version']}, {nodes} node{'' if nodes == 1 else 's'} of {found['size']}"
    return [
        Fact(topic="database", name="state", value=found["status"], state="ok" if online else "warn", hint=hint),
        Fact(topic="database", name="size", value=made, data={name: found[name] for name in ("version", "num_nodes", "size")}),
    ]


def disk(subject: Subject) -> list[Fact]:
    """How large it is by DigitalOcean, and how much of it the site's database takes, by the database. Raises CloudError."""
    if not subject.cluster:
        return []
    whole = int(subject.account().cluster(subject.cluster)["storage_size_mib"]) * 2**20
    used = _used(subject)
    if used is None:
        return [Fact(topic="database", name="disk", value=f"{gibibytes(whole)}; how much is used is not known", data={"bytes": whole})]
    full = used / whole > FULL
    return [
        Fact(
            topic="database",
            name="disk",
            value=f"{gibibytes(used)} of {gibibytes(whole)} are used by the site",
            state="warn" if full else "ok",
            hint=f"pulumi config set site:databaseSize with a larger one --stack {subject.stack}" if full else "",
            data={"bytes": whole, "used": used},
        )
    ]


def backups(subject: Subject) -> list[Fact]:
    """What DigitalOcean keeps. Raises CloudError."""
    if not subject.cluster:
        return []
    made, times = subject.account().backups(subject.cluster)
    now = datetime.now(UTC)
    late = overdue(times, made=made, now=now)
    value = f"{moment(times[-1])}, {lasted(now - times[-1])} ago (DigitalOcean keeps {len(times)})" if times else "there is none yet"
    data: dict[str, Any] = {"newest": times[-1].isoformat() if times else "", "count": len(times)}
    hint = f"python -m ci backups --stack {subject.stack}" if late else ""
    return [Fact(topic="database", name="last backup", value=value, state="bad" if late else "ok", hint=hint, data=data)]


def _used(subject: Subject) -> int | None:
    """Bytes; None where nobody can tell. What the image says otherwise is not shown: it may hold a connection string."""
    if not subject.host or not subject.image:
        return None
    try:
        serving = Services.on(subject.host).serving
        said = ask(subject.host, subject.image, environment_of=serving, tag="size", script=_SIZE, given={}) if serving else ""
    except HostError:
        return None
    found = re.search(r"^<size>(\d+)</size>$", said, re.MULTILINE)
    return int(found[1]) if found else None
