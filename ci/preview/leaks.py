"""A search for secrets in a text that is published: as they are, in the usual encodings, and as the usual hashes, which tell a weak one."""

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Characters of what is looked for: shorter texts are found by chance. The config takes no shorter secret (ci/strength.py)."""


def leaked(secrets: Iterable[str], published: str) -> list[str]:
    """The secrets that are in it, in any form."""
    folded = _folded(published)
    return [text for text in dict.fromkeys(secrets) if any(form in folded for form in _forms(text))]


def wholes(value: Any) -> Iterator[str]:
    """The texts of a secret value that are long enough to be looked for."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from wholes(inner)
    elif isinstance(value, str) and len(value.strip()) >= SHORTEST:
        yield value.strip()


def pieces(text: str) -> Iterator[str]:
    """Of a secret text, what is secret by itself: texts in JSON, the password of `name:password`, and of base64 of these. Not who pulls
    where, which Docker's provider has in JSON with the password."""
    with suppress(ValueError):
        if isinstance(found := json.loads(text), dict | list):
            for inner in wholes(_without(found, ("address", "username"))):
                yield from (inner, *pieces(inner))
    with suppress(ValueError):
        yield from pieces(base64.b64decode(text, validate=True).decode())
    name, _, password = text.partition(":")
    if name and len(password) >= SHORTEST and not password.startswith("//") and " " not in text:
        yield password


def _without(value: Any, unwanted: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner, unwanted) for name, inner in value.items() if name not in unwanted}
    return [_without(inner, unwanted) for inner in value] if isinstance(value, list) else value


def _forms(text: str) -> Iterator[str]:
    """How it may be written, without white space and backslashes: a line break and an escape make no difference then."""
    for form in (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield _folded(form)
        yield from _base64(form.encode())
    yield from (quote(text, safe=""), quote(text), quote_plus(text))
    data = text.encode()
    yield data.hex()
    for make in (hashlib.md5, hashlib.sha1, hashlib.sha256):
        yield make(data).hexdigest()


def _base64(data: bytes) -> Iterator[str]:
    """In both alphabets, for each of the three ways in which it may lie in what was encoded: the letters that depend on it alone."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data)[-(-before * 4 // 3) : (before + len(data)) * 4 // 3].decode()
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")


def _folded(text: str) -> str:
    for escape in ("\\n", "\\r", "\\t"):
        text = text.replace(escape, "")
    return "".join(text.replace("\\", "").split())
