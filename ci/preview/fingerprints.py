"""Fingerprints: what stands for a secret where nobody may know it, in a preview bundle.

A fingerprint is random. It is made when a bundle is, once for each different secret, and says nothing of it but its shape: whether it is a
PEM block, JSON, a URL, a name with a password, base64 of any of them, or a number. So the program takes it where it took the secret.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

_LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""Without vowels, so that no word comes out that a rule of the config forbids (`todo`)."""
_LENGTH = 48
"""More than each rule of infra/rules.py asks for together with the prefix (50 for `secretKey`), and less than bcrypt reads (72)."""
_PREFIX = "fingerprint-"
_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----\n)([^-]+)(\n-----END [A-Z0-9 ]+-----\s*)")
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://\S+")
_PAIR = re.compile(r"[^:\s/]+:[^:\s/]+")
_HASHES: tuple[Callable[[bytes], Any], ...] = (hashlib.sha1, hashlib.sha256)


def like(text: str) -> str:
    """A random text of the same shape. Nothing of the text itself is in it, except for names in JSON and the scheme of a URL."""
    if not text.strip():
        return text
    with suppress(ValueError):
        if isinstance(found := json.loads(text), dict | list):
            return json.dumps(_like_json(found))
    if re.fullmatch(f"({_PEM.pattern})+", text):
        return _PEM.sub(lambda block: block[1] + re.sub(r"\S", lambda _: secrets.choice(_LETTERS), block[2]) + block[3], text)
    if text.isdigit():
        return "".join(secrets.choice("123456789") for _ in text)
    if scheme := _URL.fullmatch(text):
        return f"{scheme[1]}://{_random()}:{_random()}@{_random()}.invalid/{_random()}"
    if _PAIR.fullmatch(text):
        return f"{_random()}:{_random()}"
    with suppress(ValueError):
        if len(text) >= 8 and (inner := base64.b64decode(text, validate=True).decode()).isprintable():
            return base64.b64encode(like(inner).encode()).decode()
    return _random()


def _like_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _like_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_like_json(inner) for inner in value]
    if isinstance(value, str):
        return like(value)
    return secrets.randbelow(10**6) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _random() -> str:
    return _PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


class Fingerprints:
    """One for each different secret; the same wherever it stands. A hash of a secret becomes the hash of its fingerprint: some providers
    keep a value in the state as its SHA-1 alone (`userData` of a droplet), and compare it so."""

    def __init__(self, secrets: Iterable[Any], public: Iterable[str]) -> None:
        """`secrets` are values that hold all of them. `public` are texts that people may read elsewhere: these stay as they are also
        where the state calls them secret, as the output of a command with one secret input."""
        self._public = {text.strip() for text in public}
        self._known: dict[str, str] = {}
        self._numbers: dict[float, Any] = {}
        found = dict.fromkeys(text for value in secrets for text in _texts(value))
        hashed = {make(text.encode()).hexdigest(): (make, text) for text in found for make in _HASHES}
        for text in sorted(found, key=lambda text: text in hashed):
            if text in hashed:
                make, origin = hashed[text]
                self._known[text] = make(self.of(origin).encode()).hexdigest()
            else:
                self.of(text)

    def of(self, value: Any) -> Any:
        """In place of a secret, which may be a text, or a list or an object with texts in it."""
        if isinstance(value, dict):
            return {name: self.of(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.of(inner) for inner in value]
        if isinstance(value, str):
            return self._known.setdefault(value, value if value.strip() in self._public else like(value))
        return value if value is None or isinstance(value, bool) else self._numbers.setdefault(value, _like_json(value))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
