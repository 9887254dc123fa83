"""Placeholders in values of `env` and `secrets`, so that an app with variable names of its own needs no change.

`{database.…}`, `{broker.…}` and `{domain}` are placeholders; any other brace is left alone, because values may be JSON. An
unknown word after a known first one is an error, not text.
"""

import re
from collections.abc import Mapping

NAMES = (
    *(f"database.{part}" for part in ("host", "port", "user", "password", "name", "url")),
    *(f"database.pool.{part}" for part in ("host", "port", "user", "password", "name", "url")),
    "broker.url",
    "domain",
)
_PLACEHOLDER = re.compile(r"\{((?:database|broker)\.[^{}]*|domain)\}")


def used(text: str) -> set[str]:
    """The placeholders in a value, known or not, without braces."""
    return set(_PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace every placeholder; raises KeyError for one that has no value."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
