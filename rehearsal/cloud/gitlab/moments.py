"""Moments as GitLab reads and writes them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_zoned)]
"""A moment that a client sends: a date, or a date and time, in UTC where it names no zone."""


def write(moment: datetime) -> str:
    """For example `2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """This moment, written."""
    return write(datetime.now(UTC))
