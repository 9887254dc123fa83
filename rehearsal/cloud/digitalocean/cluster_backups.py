"""Backups of a database cluster: one when it was made, and one a day, the newest seven kept."""

from datetime import UTC, datetime, timedelta

from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object

_KEPT = 7
_SIZE = 0.03
"""GB; nothing is really stored."""


def index(call: Call) -> Object:
    with call.store:
        made = datetime.fromisoformat(call.find("databases")["created_at"])
    days = (datetime.now(UTC) - made).days
    times = [made + timedelta(days=day) for day in range(max(0, days + 1 - _KEPT), days + 1)]
    return {"backups": [{"created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "size_gigabytes": _SIZE} for time in times]}


ENDPOINTS = [Endpoint("GET", "/v2/databases/{id}/backups", index)]
