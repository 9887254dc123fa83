"""The search for secrets in what is to be published."""

import base64
import hashlib
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from ci.preview.leaks import leaked, pieces, wholes

SECRET = 'it\'s "odd" & <100 %> \\ 4af1c2'


@pytest.mark.parametrize(
    "write",
    [
        str,
        json.dumps,
        lambda text: json.dumps(json.dumps({"a": text})),
        lambda text: quote(text, safe=""),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(f"a{text}b".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"ab{text}".encode()).decode(),
        lambda text: text.encode().hex(),
        lambda text: hashlib.sha256(text.encode()).hexdigest(),
        lambda text: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
    ],
)
def test_a_secret_is_found_in_each_form(write: Callable[[str], str]) -> None:
    assert leaked([SECRET, "another one"], json.dumps({"somewhere": f"before {write(SECRET)} after"})) == [SECRET]


def test_a_key_of_several_lines_is_found_however_its_lines_are_written() -> None:
    key = "-----BEGIN KEY-----\nabcdefgh\nijklmnop\n-----END KEY-----\n"
    assert leaked([key], json.dumps({"file": "x: " + key.replace("\n", "\n    ")}))


def test_what_is_not_there_is_not_found() -> None:
    assert leaked([SECRET], json.dumps({"somewhere": SECRET[:-1]})) == []


def test_pieces_are_what_is_secret_by_itself() -> None:
    login = base64.b64encode(b"robot:pull-token").decode()
    config = json.dumps([{"address": "registry.example.com", "username": "a-public-name", "password": "a-password", "auth": login}])
    assert {"a-password", "pull-token", login} <= set(pieces(config))
    assert {"a-public-name", "registry.example.com"}.isdisjoint(pieces(config))
    assert list(pieces("visitor:long-password")) == ["long-password"]
    assert list(pieces("https://example.com/path")) == []


def test_short_texts_are_not_looked_for() -> None:
    assert list(wholes(["short", "long enough", 5, None, {"a": "1234567", "b": "12345678"}])) == ["long enough", "12345678"]
