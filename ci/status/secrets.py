"""How old each secret is."""

from dataclasses import asdict
from datetime import UTC, datetime

from ci.ages import ages
from ci.status.fact import Fact
from ci.status.subject import Subject
from infra.ages import rotation


def rotated(subject: Subject) -> list[Fact]:
    """Of the state, which notes each rotation; longest past its limit first."""
    found = ages(subject.exports.get("rotated") or {}, subject.secret_ages, now=datetime.now(UTC))
    if not found:
        return [Fact(topic="secrets", name="ages", value=f"are known after: python -m ci up --stack {subject.stack}")]
    return [
        Fact(
            topic="secrets",
            name=age.name,
            value=f"{age.days} days old (limit {age.limit})",
            state="warn" if age.past else "ok",
            hint=rotation(age.name, subject.stack) if age.past else "",
            data={key: value for key, value in asdict(age).items() if key != "name"},
        )
        for age in found
    ]
