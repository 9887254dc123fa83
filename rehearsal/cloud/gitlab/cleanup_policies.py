"""A project's cleanup policy: which tags of its registry GitLab removes by itself. Here it is kept and shown, and nothing is removed.

Names, defaults and allowed values are those of app/models/container_expiration_policy.rb. A change may set `name_regex` only: the
documentation's `name_regex_delete` is no parameter of lib/api/helpers/projects_helpers.rb, so GitLab drops it, as anything unknown.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from rehearsal.cloud.gitlab import moments
from rehearsal.cloud.gitlab.errors import refused
from rehearsal.cloud.gitlab.records import Record

DEFAULT = {
    "cadence": "1d",
    "enabled": False,
    "keep_n": 10,
    "older_than": "90d",
    "name_regex": ".*",
    "name_regex_keep": None,
    "next_run_at": None,
}
_DAYS = {"1d": 1, "7d": 7, "14d": 14, "1month": 30, "3month": 90}
_ALLOWED: dict[str, list[Any]] = {
    "cadence": [*_DAYS],
    "keep_n": [None, 1, 5, 10, 25, 50, 100],
    "older_than": [None, "7d", "14d", "30d", "60d", "90d"],
}


class Change(BaseModel):
    """What may be set; what is not given stays."""

    cadence: str | None = None
    enabled: bool = False
    keep_n: int | None = None
    older_than: str | None = None
    name_regex: str | None = None
    name_regex_keep: str | None = None


def changed(policy: Record, change: Change) -> Record:
    """The policy after a change. Raises ApiError 400."""
    policy = policy | change.model_dump(exclude_unset=True)
    for field, allowed in _ALLOWED.items():
        if policy[field] not in allowed:
            raise refused(f"container_expiration_policy.{field}", "is not included in the list")
    for field in ("name_regex", "name_regex_keep") if policy["enabled"] else ():
        try:
            re.compile(policy[field] or "")
        except re.error as error:
            raise refused(f"container_expiration_policy.{field}", f"not valid RE2 syntax: {error.msg}") from None
    return policy | {"next_run_at": moments.write(datetime.now(UTC) + timedelta(days=_DAYS[policy["cadence"]]))}
