"""What can be rotated, by name, and what of the config has to change for it."""

import secrets
from collections.abc import Mapping
from typing import Any

from ci import strength
from ci.stack_config import Edit

GENERATED = ("database", "broker", "registry", "ciKey", "deployKey", "hostKey")
"""The program makes these: raising a number makes the next one."""
CONFIGURED = ("secretKey", "basicAuth", "stateAccessKey", "stateSecretKey", "digitalocean:token", "gitlab:token")
"""These are values of the config; so is each `secrets.NAME`."""
PASSPHRASE = strength.PASSPHRASE


class CredentialError(Exception):
    """A name or a value that can't be; `str()` says what can."""


def names(config: Mapping[str, Any]) -> list[str]:
    """All that this stack has and can be rotated."""
    own = [f"secrets.{name}" for name in config.get("site:secrets") or {}]
    generated = [name for name in GENERATED if _made(name, config)]
    return [*generated, *(name for name in CONFIGURED if config.get(key(name))), *own, PASSPHRASE]


def key(name: str) -> str:
    """Where a configured one is in the stack file."""
    return name if ":" in name else f"site:{name}"


def value(name: str, config: Mapping[str, Any]) -> str:
    """What a configured one is now; empty where it is not set."""
    if name.startswith("secrets."):
        return str((config.get("site:secrets") or {}).get(name.removeprefix("secrets."), ""))
    return str(config.get(key(name)) or "")


def generation(name: str, config: Mapping[str, Any]) -> int:
    """The number of a generated one."""
    return int((config.get("site:generations") or {}).get(name, 1))


def check(name: str) -> None:
    """Raises CredentialError for a name that no secret of any stack has."""
    every = (*GENERATED, *CONFIGURED, PASSPHRASE)
    if name not in every and not name.startswith("secrets."):
        raise CredentialError(f"{name} is no secret; there are {', '.join(every)} and secrets.NAME for each of the site's own")


def random(name: str) -> str:
    """A new value for what is only ours. Raises CredentialError for what others know too."""
    if name == "secretKey" or name.startswith("secrets."):
        return secrets.token_urlsafe(64)
    raise CredentialError(f"{name}: a random value would mean nothing to whom it is for; give the new one on stdin: --stdin")


def edits(name: str, new: str, config: Mapping[str, Any]) -> list[Edit]:
    """What of the config changes. Raises CredentialError where the name is none of the stack's, or the value is no good."""
    if name not in names(config):
        raise CredentialError(f"{name} is no secret of this stack; there are {', '.join(names(config))}")
    if name in GENERATED:
        if new:
            raise CredentialError(f"{name}: the program makes it; there is nothing to give")
        return [Edit(path=f"site:generations.{name}", value=generation(name, config) + 1)]
    old = value(name, config)
    if problems := strength.problems(name, new, old=old):
        raise CredentialError("\n".join(f"{name}: {problem}" for problem in problems))
    first = Edit(path=key(name), value=new, secret=True)
    # Sessions that the old key signed stay open until `--finish`.
    return [first, Edit(path="site:secretKeyFallbacks", value=old, secret=True)] if name == "secretKey" else [first]


def last_edits(name: str, config: Mapping[str, Any]) -> list[Edit]:
    """What `--finish` takes out. Raises CredentialError where nothing was kept."""
    if name != "secretKey":
        raise CredentialError(f"{name}: its old value is gone already; --finish is for secretKey")
    if not config.get("site:secretKeyFallbacks"):
        raise CredentialError("secretKey: no former key is kept (site:secretKeyFallbacks is empty)")
    return [Edit(path="site:secretKeyFallbacks", value=None)]


def _made(name: str, config: Mapping[str, Any]) -> bool:
    """Whether the program makes it with this config."""
    both = bool(config.get("site:appProject")), bool(config.get("site:infraProject"))
    return {
        "broker": config.get("site:broker") != "none" and bool(config.get("site:deploySite")),
        "registry": config.get("site:registry") == "digitalocean" or both[0],
        "deployKey": all(both),
    }.get(name, True)
