"""Hides every known secret in a text."""

import base64
import json
import shlex
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

_WHOLE, _PART = 4, 8
"""Shortest secret, and shortest piece of one, that is hidden: hiding shorter ones would blot out plain words."""


class Mask:
    """Call it with a text. It learns secrets as the run meets them, from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: set[str] = set()

    def learn(self, values: Iterable[Any]) -> None:
        """Hide these values (strings, or lists and dictionaries of them) and what can be read out of them, from now on."""
        found = {text for value in values for leaf in _strings(value) for text in _readable(leaf)}
        with self._lock:
            self._secrets |= found

    def __call__(self, text: str) -> str:
        with self._lock:
            longest_first = sorted(self._secrets, key=len, reverse=True)
        for secret in longest_first:
            text = text.replace(secret, "[secret]")
        return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _readable(secret: str) -> Iterator[str]:
    """The secret itself and its pieces: lines, values of an env file, strings in JSON, what base64 hides."""
    if len(secret.strip()) >= _WHOLE:
        yield secret.strip()
    pieces = []
    for line in secret.splitlines():
        pieces += [line.strip(), line.partition("=")[2].strip("'\" ")]
        with suppress(ValueError):
            pieces += [word.partition("=")[2] for word in shlex.split(line)]
    with suppress(ValueError):
        pieces += _strings(json.loads(secret))
    with suppress(ValueError):
        pieces += base64.b64decode(secret, validate=True).decode().splitlines()
    yield from (piece for piece in pieces if len(piece) >= _PART)
