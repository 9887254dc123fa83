"""What was released last: which image, its number, and since when it runs."""

from datetime import UTC, datetime

from ci.promotion import runs
from ci.status.fact import Fact, lasted, moment
from ci.status.subject import Subject


def image(subject: Subject) -> list[Fact]:
    """Of the state, which is the truth about it."""
    if not subject.image:
        up = f"python -m ci up --stack {subject.stack} --image REPOSITORY@sha256:…"
        return [Fact(topic="release", name="image", value="nothing was released yet", hint=up)]
    return [Fact(topic="release", name="image", value=subject.image, data={"image": subject.image})]


def number(subject: Subject) -> list[Fact]:
    """Of the registry, which tags each good release (ci/releases.py). Raises CloudError."""
    if not subject.image:
        return []
    history = subject.releases()
    if history is None:
        return [Fact(topic="release", name="number", value="unknown: no token opens the registry", state="unknown")]
    found = history.number(subject.image.partition("@")[2])
    if not found:
        value, up = "it has none: it was not brought out by `python -m ci up`", f"python -m ci up --stack {subject.stack}"
        return [Fact(topic="release", name="number", value=value, state="warn", hint=up)]
    return [Fact(topic="release", name="number", value=str(found), data={"number": found})]


def since(subject: Subject) -> list[Fact]:
    """Of the Pulumi CLI's history. Raises CliError."""
    found = runs(subject.updates(), subject.image.partition("@")[2]) if subject.image else []
    if not found or found[-1].end:
        return []
    begin = found[-1].begin
    value = f"{moment(begin)} ({lasted(datetime.now(UTC) - begin)})"
    return [Fact(topic="release", name="since", value=value, data={"since": begin.isoformat()})]
