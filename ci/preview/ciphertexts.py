"""The encrypted values of a stack file, by their path as `pulumi config set --path` takes it: `site:secrets.STRIPE_KEY`."""

import json
import re
from collections.abc import Iterator
from typing import Any


def ciphertexts(config: dict[str, Any]) -> dict[str, str]:
    """Of the `config:` part of a stack file, at any depth: what stands after `secure:`."""
    return {path: value["secure"] for path, value in _walk(config) if _encrypted(value)}


def plaintexts(config: dict[str, Any], opened: dict[str, Any]) -> dict[str, str]:
    """Of the same paths, from `opened`: the same values with everything in clear."""
    clear = dict(_walk(opened))
    return {path: _text(clear[path]) for path in ciphertexts(config)}


def without(config: dict[str, Any]) -> dict[str, Any]:
    """The config without encrypted values. An object that has nothing else stays, empty."""
    found: dict[str, Any] = _clear(config)
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _encrypted(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict) and not _encrypted(value):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}{_step(name) if path else name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{place}]")


def _step(name: str) -> str:
    return f".{name}" if re.fullmatch(r"\w+", name) else f'["{name}"]'


def _clear(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _clear(inner) for name, inner in value.items() if not _encrypted(inner)}
    return [_clear(inner) for inner in value if not _encrypted(inner)] if isinstance(value, list) else value
