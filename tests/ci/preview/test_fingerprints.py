"""What stands for a secret: random, of a shape that the program takes, the same wherever the secret stands."""

import base64
import hashlib
import json
import re

import bcrypt
import pytest

from ci.preview.fingerprints import Fingerprints, like
from infra.masking import maskable
from infra.pull import basic
from infra.rules import VISITOR, WEAK

PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\nAAAAB3NzaC1lZDI1NTE5\n-----END OPENSSH PRIVATE KEY-----\n"
DOCKER = json.dumps({"auths": {"registry.example.com": {"auth": base64.b64encode(b"dop_v1_abc:dop_v1_abc").decode()}}})


@pytest.mark.parametrize("text", ["Summer2026!", "a" * 64, "https://key@sentry.example.com/12", PEM, DOCKER, "name:password", "48151623"])
def test_it_is_another_text_each_time_and_has_nothing_of_the_secret(text: str) -> None:
    first, second = like(text), like(text)
    assert len({text, first, second}) == 3
    for word in ("Summer", "aaaa", "sentry", "b3Blb", "NzaC1", "dop_v1", "name", "pass"):
        assert word not in first


@pytest.mark.parametrize("text", ["", "\n", "  "])
def test_what_is_empty_stays_so(text: str) -> None:
    assert like(text) == text


def test_a_key_of_django_passes_its_rules() -> None:
    found = like("x" * 50)
    assert len(found) >= 50
    assert len(set(found)) >= 5
    assert not any(word in found.lower() for word in WEAK)
    assert maskable(found)


def test_a_name_with_a_password_is_one_that_bcrypt_reads() -> None:
    name, _, password = like("visitor:password").partition(":")
    assert VISITOR.fullmatch(name)
    assert 8 <= len(password.encode()) <= 72
    bcrypt.hashpw(password.encode(), bcrypt.gensalt(4))


def test_the_login_of_a_registry_can_be_read_out_of_it() -> None:
    user, password = basic(like(DOCKER))
    assert user.startswith("fingerprint-")
    assert password.startswith("fingerprint-")
    assert user != password


def test_a_block_keeps_its_first_and_last_line() -> None:
    lines = like(PEM).splitlines()
    assert (lines[0], lines[-1], len(lines)) == (PEM.splitlines()[0], PEM.splitlines()[-1], 4)
    assert like(PEM).endswith("\n")


def test_a_text_with_a_block_in_it_keeps_nothing() -> None:
    assert re.fullmatch(r"fingerprint-\w+", like(f"# the key of Ann\n{PEM}"))


def test_a_url_keeps_its_scheme_alone() -> None:
    assert re.fullmatch(r"postgres://fingerprint-\w+:fingerprint-\w+@fingerprint-\w+\.invalid/\S+", like("postgres://ann:secret@db:5432/x"))


def test_json_keeps_names_and_truths() -> None:
    found = json.loads(like('{"key": "s3cret", "port": 5432, "on": true, "none": null, "list": ["s3cret"]}'))
    assert list(found) == ["key", "port", "on", "none", "list"]
    assert (found["on"], found["none"], len(found["list"])) == (True, None, 1)
    assert found["port"] != 5432


def test_one_secret_has_one_fingerprint_also_inside_others() -> None:
    made = Fingerprints(["one", {"a": ["one", 7], "b": "two"}], [])
    assert made.of({"x": ["one", 7]}) == {"x": [made.of("one"), made.of(7)]}
    assert made.of("one") != made.of("two")


def test_a_hash_of_a_secret_becomes_that_of_its_fingerprint() -> None:
    for make in (hashlib.sha1, hashlib.sha256):
        hashed = make(b"user data").hexdigest()
        made = Fingerprints([hashed, "user data"], [])
        assert made.of(hashed) == make(made.of("user data").encode()).hexdigest()


def test_what_is_shown_to_people_is_no_secret_whatever_the_state_says() -> None:
    made = Fingerprints(["2026-11-21T18:30:00Z\n", "hidden"], ["2026-11-21T18:30:00Z"])
    assert made.of("2026-11-21T18:30:00Z\n") == "2026-11-21T18:30:00Z\n"
    assert made.of("hidden") != "hidden"


@pytest.mark.parametrize("value", [None, True, False])
def test_what_can_hide_nothing_stays(value: object) -> None:
    assert Fingerprints([value], []).of(value) is value
