"""What is wrong with config, said so that it can be mended: key, value got (never a secret's), what is allowed, how to set it."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

SECRETS = frozenset(
    (
        "backupPassword",
        "basicAuth",
        "secretKey",
        "secretKeyFallbacks",
        "secrets",
        "stateAccessKey",
        "stateSecretKey",
        "digitaloceanToken",
        "gitlabToken",
    )
)


@dataclass(frozen=True)
class Problem:
    """One thing to mend in a stack file."""

    key: str
    rule: str
    got: object = None
    """The value, unless it is a secret or there is none."""
    mend: str = ""
    """A command or a YAML line."""

    def __str__(self) -> str:
        got = f" is {self.got!r}" if self.got is not None else ""
        return f"{self.key}{got}: {self.rule}" + (f"\n      {self.mend}" if self.mend else "")


class ConfigError(Exception):
    """All problems of a stack's config."""

    def __init__(self, stack: str, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        count = f"{len(self.problems)} thing{'s' if len(self.problems) > 1 else ''}"
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"Pulumi.{stack}.yaml has {count} to mend; nothing was touched.\n{lines}")


def unknown_key(key: str, known: Iterable[str]) -> Problem:
    """A key that nothing reads: mostly a slip of the pen."""
    close = difflib.get_close_matches(key.removeprefix("site:"), list(known), n=1)
    return Problem(key, "is no key of this program", mend=f"did you mean site:{close[0]}?" if close else f"pulumi config rm {key}")


def describe(error: ValidationError, values: Mapping[str, Any]) -> list[Problem]:
    """Pydantic's errors in our words. The value got is looked up, because its own report must not hold secrets."""
    return [_describe(dict(found), values) for found in error.errors(include_url=False, include_input=False)]


def _describe(found: dict[str, Any], values: Mapping[str, Any]) -> Problem:
    path = [str(part) for part in found["loc"] if not str(part).startswith(("function-", "literal", "constrained-"))]
    path = [part for part in path if part != "[key]"]
    key = "site:" + ".".join(path)
    if found["type"] == "missing":
        if len(path) > 1:
            return Problem(key, "is missing", mend=f"pulumi config set --path {key} VALUE")
        if path[0] == "processes":
            return Problem(
                key, "is missing: what runs the image, as in a Procfile", mend="copy it from Pulumi.staging.yaml, which describes it"
            )
        value = f"--secret {key}" if path[0] in SECRETS else f"{key} VALUE"
        return Problem(key, "is missing; Pulumi.yaml has its meaning", mend=f"pulumi config set {value}")
    got: Any = values
    for part in path:
        got = got.get(part) if isinstance(got, Mapping) else got[int(part)] if isinstance(got, list) and part.isdigit() else None
    if "[key]" in found["loc"]:
        got = path[-1]
    secret = path[0] in SECRETS or isinstance(got, SecretStr)
    return Problem(key, found["msg"].removeprefix("Value error, "), got=None if secret else got)
