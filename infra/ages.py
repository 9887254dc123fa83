"""Ages: when each secret was last rotated, kept in the state beside it, and how old each may get."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pulumi
import pulumi_command as command
from pydantic import SecretStr

if TYPE_CHECKING:
    from infra.settings import Settings


LIMITS: Mapping[str, int] = {
    "secretKey": 365,
    "basicAuth": 365,
    "database": 180,
    "broker": 365,
    # DigitalOcean's pull credential ends after a year (PULL_SECONDS), and so does GitLab.com's token at the latest
    # (https://docs.gitlab.com/user/profile/personal_access_tokens/): told with a month to go.
    "registry": 330,
    "gitlab:token": 330,
    "ciKey": 365,
    "deployKey": 365,
    "hostKey": 730,
    "digitalocean:token": 180,
    "stateSecretKey": 365,
    "passphrase": 730,
    "secrets": 365,
}
"""Days by name; `secrets` is for each of the site's own, which is called `secrets.NAME`."""


def limit(name: str, overrides: Mapping[str, int]) -> int:
    """How many days old a secret may get. What is said of `secrets.NAME` wins over what is said of `secrets`.

    Raises KeyError for a name that no secret has.
    """
    kind = "secrets" if name.startswith("secrets.") else name
    return overrides.get(name, overrides.get(kind, LIMITS[kind]))


def days(since: str, now: datetime) -> int:
    """Whole days since a UTC time like 2026-11-21T18:30:00Z."""
    return (now - datetime.fromisoformat(since)).days


def rotation(name: str, stack: str) -> str:
    """The command that rotates a secret."""
    return f"python -m ci rotate {name} --stack {stack}"


def warning(name: str, since: str, overrides: Mapping[str, int], *, stack: str, now: datetime) -> str:
    """What to say of a secret that is past its limit; empty for one that is not."""
    old, allowed = days(since, now), limit(name, overrides)
    if old <= allowed:
        return ""
    return f"secret {name} was last rotated {old} days ago (limit {allowed} days): {rotation(name, stack)}"


def changes(settings: Settings) -> dict[str, pulumi.Input[str]]:
    """By secret of the stack, what is another text after each rotation: its generation, or its digest as a secret."""
    made = settings.generations.model_dump(by_alias=True)
    configured: dict[str, SecretStr] = {
        "secretKey": settings.secret_key,
        "basicAuth": settings.basic_auth,
        "stateSecretKey": settings.state_secret_key,
        "digitalocean:token": settings.digitalocean_token,
        "gitlab:token": settings.gitlab_token,
        **{f"secrets.{name}": value for name, value in settings.secrets.items()},
    }
    absent = {
        "broker": settings.broker == "none",
        "registry": settings.registry == "gitlab" and not settings.app_project,
        "deployKey": not (settings.app_project and settings.infra_project),
    }
    found: dict[str, pulumi.Input[str]] = {name: str(number) for name, number in made.items() if not absent.get(name)}
    return found | {name: _digest(value) for name, value in configured.items() if value.get_secret_value()}


def _digest(value: SecretStr) -> pulumi.Output[str]:
    """Says that a secret changed. Encrypted in the state all the same: a short one could be found by trying."""
    return pulumi.Output.secret(hashlib.sha256(value.get_secret_value().encode()).hexdigest())


class Ages(pulumi.ComponentResource):
    """Notes the time whenever a secret becomes another one. What was there before the first run counts from that run."""

    times: pulumi.Output[dict[str, str]]
    """When each was last rotated, in UTC, like 2026-11-21T18:30:00Z; no secret."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        changes: Mapping[str, pulumi.Input[str]],
        limits: Mapping[str, int],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`changes`: by secret, what is another text after each rotation: its generation, or itself as `Output.secret`.

        `limits` are days over LIMITS, `after` is what has to have gone well: nothing is noted of a rotation that failed.
        Warns of each secret that is past its own, in previews too.
        """
        super().__init__("site:infra:Ages", name, None, opts)
        found = {secret: self._noted(secret, change, after) for secret, change in changes.items()}

        def warn(secret: str, since: str) -> None:
            if text := warning(secret, since, limits, stack=stack, now=datetime.now(UTC)):
                pulumi.log.warn(text)

        for secret, time in found.items():
            time.apply(partial(warn, secret))
        self.times = pulumi.Output.all(**found).apply(dict)
        self.register_outputs({})

    def _noted(self, secret: str, change: pulumi.Input[str], after: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
        """The time of the last change. Only a changed trigger makes a new one: a no-op `update` keeps what was printed."""
        clock = command.local.Command(
            f"rotated-{re.sub(r'[^A-Za-z0-9_]', '-', secret)}",
            create="date -u +%Y-%m-%dT%H:%M:%SZ",
            update='printf %s "$PULUMI_COMMAND_STDOUT"',
            triggers=[change],
            logging=command.local.Logging.STDERR,
            add_previous_output_in_env=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
        # A command with a secret input has secret outputs, whatever they are.
        return pulumi.Output.unsecret(clock.stdout).apply(str.strip)
