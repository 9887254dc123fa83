"""The time as DigitalOcean writes it."""

from datetime import UTC, datetime


def now() -> str:
    """This second: `2026-01-31T12:00:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
