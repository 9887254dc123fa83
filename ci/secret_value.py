"""Secret values in an exported state or a plan: told from plain ones, opened, and replaced."""

import json
from collections.abc import Callable, Iterator
from typing import Any

KEY = "4dabf18193072939515e22adb298388d"
"""Marks a special value (sdk/go/common/resource/sig in Pulumi's source) …"""
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - … and this says that it is a secret one


def is_secret(value: Any) -> bool:
    """Whether it is one, in the form that `--show-secrets` gives."""
    return isinstance(value, dict) and value.get(KEY) == _SECRET and "plaintext" in value


def opened(value: Any) -> Any:
    """What it holds; a plain value is given as it is."""
    return json.loads(value["plaintext"]) if is_secret(value) else value


def secret(value: Any) -> dict[str, str]:
    """A secret that holds the value."""
    return {KEY: _SECRET, "plaintext": json.dumps(value)}


def secrets(value: Any) -> Iterator[Any]:
    """What every secret inside holds."""
    if is_secret(value):
        yield opened(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from secrets(inner)


def texts(value: Any) -> Iterator[str]:
    """Every text inside, secret or not."""
    value = opened(value)
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def replaced(value: Any, change: Callable[[str], str]) -> Any:
    """The same with every text in it changed; secrets stay secrets."""
    if is_secret(value):
        return secret(replaced(opened(value), change))
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: replaced(inner, change) for name, inner in value.items()}
    return [replaced(inner, change) for inner in value] if isinstance(value, list) else value


def hidden(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same with what every secret in it holds changed."""
    if is_secret(value):
        return secret(change(opened(value)))
    if isinstance(value, dict):
        return {name: hidden(inner, change) for name, inner in value.items()}
    return [hidden(inner, change) for inner in value] if isinstance(value, list) else value
