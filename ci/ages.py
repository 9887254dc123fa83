"""A stack's secrets: how old they are, and which of them are known to somebody who leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ci import config_file
from ci.cli import Cli
from ci.credentials import names
from ci.deployment import PulumiDeployment
from infra.ages import days, limit, rotation

_ON_HOST = ("database", "broker", "secretKey", "secretKey --finish", "registry", "hostKey", "basicAuth")
"""What an operator could read, in the order in which it is rotated, besides the site's own."""
_BEYOND = ("passphrase", "ciKey", "deployKey", "digitalocean:token", "gitlab:token", "stateSecretKey")
"""What the passphrase opens and the host does not."""


class OverdueError(Exception):
    """A secret is older than it may be; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Age:
    """Of one secret: `since` is the UTC time of its last rotation as it is exported, `limit` how many days old it may get."""

    name: str
    since: str
    days: int
    limit: int

    @property
    def past(self) -> bool:
        """Whether it is older than it may be."""
        return self.days > self.limit


def ages(rotated: Mapping[str, str], overrides: Mapping[str, int], *, now: datetime) -> list[Age]:
    """Of each secret in `rotated` (name -> time), longest past its limit first. `overrides` are the days of `site:secretAges`."""
    found = [Age(name=name, since=since, days=days(since, now), limit=limit(name, overrides)) for name, since in rotated.items()]
    return sorted(found, key=lambda age: (age.limit - age.days, age.name))


def check_ages(cli: Cli) -> None:
    """Where the config says so, nothing is brought out while a secret is past its limit. Raises OverdueError."""
    config = config_file.of(cli)
    if config.get("site:secretAgesEnforced") is True:
        rotated = PulumiDeployment(cli).exports().get("rotated") or {}
        if told := overdue_error(ages(rotated, config.get("site:secretAges") or {}, now=datetime.now(UTC)), stack=cli.stack):
            raise OverdueError(told)


def overdue_error(found: Sequence[Age], *, stack: str) -> str:
    """Why an `up` does not begin where `site:secretAgesEnforced` is true, and what mends it; empty where nothing is past its limit."""
    past = [age for age in found if age.past]
    if not past:
        return ""
    lines = [f"  {age.name}, last rotated {age.days} days ago (limit {age.limit} days): {rotation(age.name, stack)}" for age in past]
    count = "a secret is" if len(past) == 1 else f"{len(past)} secrets are"
    again = f"pulumi config set site:secretAgesEnforced false --stack {stack}"
    return "\n".join(
        [f"{count} past the limit, and site:secretAgesEnforced is true; nothing was changed", *lines, f"To go on without: {again}"]
    )


def to_rotate(config: Mapping[str, Any], stack: str) -> dict[str, list[str]]:
    """When an operator leaves: by occasion, the commands that make what they knew worthless, in order. `config` has all keys."""
    there = names(config)
    known = [name for name in _ON_HOST if name.removesuffix(" --finish") in there]
    own = [f"{rotation(name, stack)}  # and revoke it where it came from" for name in there if name.startswith("secrets.")]
    return {
        "First, if they may have left something on the host": [f"python -m ci rebuild --stack {stack}"],
        "What they knew": [*(rotation(name, stack) for name in known), *own],
        "Only if they also knew the passphrase": [rotation(name, stack) for name in _BEYOND if name in there],
    }
