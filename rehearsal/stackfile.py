"""Stack files as a rehearsal reads them: Pulumi.yaml's defaults, the stack's own values, what must differ here, and an overlay."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.config_file import declared, read
from rehearsal.home import CHECKOUT, Home
from rehearsal.rotated import Rotated
from rehearsal.world import network

PROJECT = "site"
APP_PROJECT, INFRA_PROJECT = "rehearsal/site", "rehearsal/deployment"
SECRETS = ("site:secretKey", "site:backupPassword", "digitalocean:token", "gitlab:token")
"""Secrets that every stack has; they get generated values where the file has none, or has one that is encrypted."""


@dataclass(frozen=True)
class Config:
    """Config as the engine hands it to the program."""

    values: dict[str, str]
    secret_keys: list[str]


def domain(stack: str) -> str:
    """The name of a rehearsed site; browsers and curl take every `*.localhost` for this machine."""
    return f"{stack}.localhost"


def repository(values: Mapping[str, str]) -> str:
    """Where the stack's registry keeps the site's image."""
    if values["site:registry"] == "digitalocean":
        return f"registry.digitalocean.com/{values['site:registryName']}/site"
    return f"registry.gitlab.com/{APP_PROJECT}"


def compose(stack: str, *, home: Home, image: str, operator_key: str, overlay: Path | None = None) -> Config:
    """All config of a rehearsed stack. `image` is a digest, `operator_key` the public half of what the rehearsal's agent holds."""
    values = declared(CHECKOUT) | read(CHECKOUT / f"Pulumi.{stack}.yaml")
    aliases = values.get("site:aliases") or []
    values |= {
        "site:domain": domain(stack),
        "site:aliases": [f"www.{domain(stack)}"] if aliases else [],
        "site:dnsZone": domain(stack),
        "site:manageDnsZone": True,
        "site:sshFrom": [f"{network.GATEWAY}/32"],
        "site:operatorKeys": [operator_key],
        "site:image": image,
        "site:appProject": APP_PROJECT,
        "site:infraProject": INFRA_PROJECT,
        # One stack can be rehearsed without the other.
        "site:promotionMinutes": 0,
    }
    secrets = set(SECRETS)
    for key in SECRETS:
        if not values.get(key) or _encrypted(values[key]):
            values[key] = home.generated("cloud" if key.endswith(":token") else stack, key)
    values = {key: _opened(key, value, home, stack, secrets) for key, value in values.items()}
    rotated = Rotated(stack, home)
    values |= rotated.values
    secrets |= rotated.secret_keys
    if overlay:
        values |= read(overlay)
    return Config({key: _text(value) for key, value in values.items()}, sorted(secrets & values.keys()))


def _encrypted(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _opened(key: str, value: Any, home: Home, stack: str, secrets: set[str]) -> Any:
    """What is encrypted can't be read without the passphrase: a generated value stands in, at any depth."""
    if _encrypted(value):
        secrets.add(key.partition("/")[0])
        return home.generated(stack, key, 24)
    if isinstance(value, Mapping):
        return {name: _opened(f"{key}/{name}", entry, home, stack, secrets) for name, entry in value.items()}
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
