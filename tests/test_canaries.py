"""The search for secrets finds each planted leak, in whatever form and place, and nothing where nothing is."""

import base64
import gzip
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from ci.mask import Mask
from tests import canaries
from tests.canaries import Scanner, archived, files, watched
from tests.rehearsal.rehearsing import wait_for

PLAIN = "Zq8vN3xW6rT1yU4pL7kJ0hG5"
ODD = 'it\'s "odd" & <100 %>\\néł {x} ???>>>'
_BODY = base64.b64encode(hashlib.sha512(b"key").digest() * 4).decode()
KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{textwrap.fill(_BODY, 70)}\n-----END OPENSSH PRIVATE KEY-----\n"
SECRETS = {"plain": PLAIN, "odd": ODD, "key": KEY}
NOISE = b'{"level": "info", "message": "nothing of interest"}\n' * 40


def go_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def mixed_quotes(text: str) -> str:
    return '"' + "".join(f"\\{sign}" if sign in '"\\$`' else sign for sign in text) + '"'


def hex_dump(text: str) -> str:
    return "\n".join(textwrap.wrap(text.encode().hex(" ", 2), 40))


LEAKS: dict[str, Callable[[str], str | bytes]] = {
    "as it is": str,
    "in JSON": json.dumps,
    "in JSON as Go writes it": go_json,
    "in JSON in JSON": lambda text: json.dumps({"spec": json.dumps({"value": text})}),
    "in YAML": lambda text: yaml.safe_dump({"keys": {"value": text}}, width=40, allow_unicode=True),
    "in YAML with double quotes": lambda text: yaml.safe_dump({"value": text}, default_style='"', width=40, allow_unicode=True),
    "quoted for a shell": lambda text: shlex.join(["sh", "-c", f"echo {shlex.quote(text)}"]),
    "in a shell's double quotes": mixed_quotes,
    "in a URL": lambda text: f"postgres://site:{quote(text, safe='')}@host/site",
    "in a URL in small letters": lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text)),
    "in base64": lambda text: base64.b64encode(text.encode()),
    "in base64 after one byte": lambda text: base64.b64encode(b"a" + text.encode() + b"bc"),
    "in base64 after two bytes": lambda text: base64.b64encode(b"ab" + text.encode() + b"c"),
    "in the URL's base64": lambda text: base64.urlsafe_b64encode(b"??>" + text.encode()),
    "in base64 of JSON": lambda text: base64.urlsafe_b64encode(json.dumps({"username": "pull", "password": text}).encode()),
    "in base64 on lines": lambda text: base64.encodebytes(b"user:" * 12 + text.encode()),
    "in base64 on lines in JSON": lambda text: json.dumps(base64.encodebytes(b"user:" * 12 + text.encode()).decode()),
    "in hexadecimal": lambda text: text.encode().hex(),
    "in capital hexadecimal": lambda text: text.encode().hex().upper(),
    "in a dump": hex_dump,
    "in UTF-16": lambda text: text.encode("utf-16-le"),
    "in UTF-16, the other way": lambda text: text.encode("utf-16-be"),
    "between zeros": lambda text: b"\0" + text.encode() + b"\0",
    "on lines of its own": lambda text: textwrap.indent("\r\n".join(textwrap.wrap(text, 12, drop_whitespace=False)), "\t  "),
    "gzipped": lambda text: gzip.compress(NOISE + text.encode()),
    "gzipped as JSON": lambda text: gzip.compress(json.dumps(text).encode()),
    "gzipped after others": lambda text: gzip.compress(NOISE) + b"\x1f\x8b\x08?" + gzip.compress(b"") + gzip.compress(text.encode()),
    "gzipped twice": lambda text: gzip.compress(NOISE + gzip.compress(text.encode())),
    "gzipped, and cut off": lambda text: gzip.compress(text.encode() + os.urandom(200_000))[:-100_000],
}


def leaked(folder: Path, leak: str | bytes) -> dict[str, str]:
    """Secrets that are found, with the place, when this was written among others into one of several files."""
    (folder / "deep" / "er").mkdir(parents=True)
    for name in ("first", "deep/second", "deep/er/third"):
        (folder / name).write_bytes(NOISE)
    with (folder / "deep" / "leak").open("wb") as file:
        file.write(NOISE + (leak if isinstance(leak, bytes) else leak.encode()) + NOISE)
    return {hit.secret: hit.place for hit in Scanner(SECRETS).scan(files(folder))}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", LEAKS)
def test_a_planted_secret_is_found_in_its_file(tmp_path: Path, form: str, secret: str) -> None:
    assert leaked(tmp_path, LEAKS[form](SECRETS[secret])) == {secret: "deep/leak"}


@pytest.mark.parametrize("form", LEAKS)
def test_what_is_no_secret_is_not_found(tmp_path: Path, form: str) -> None:
    assert leaked(tmp_path, LEAKS[form](PLAIN[::-1])) == {}


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sha512"])
def test_a_hash_of_a_secret_is_none(tmp_path: Path, algorithm: str) -> None:
    assert leaked(tmp_path, hashlib.new(algorithm, PLAIN.encode()).hexdigest()) == {}


def test_a_key_is_found_without_its_head_and_by_a_line_in_a_log() -> None:
    lines = KEY.splitlines()[1:-1]
    places = {
        "body": "".join(lines),
        "log": "\n".join(f"12:00:01 | {line}" for line in lines),
        "head": "\n".join([*KEY.splitlines()[:1], lines[0], *KEY.splitlines()[-1:]]),
    }
    found = {hit.place for hit in Scanner(SECRETS).scan(places)}
    assert found == {"body", "log"}, "the first line is the same in all keys of a kind"


@pytest.mark.parametrize("before", [-1, 0, 1, len(PLAIN) - 1, len(PLAIN)])
def test_a_secret_across_two_windows_is_found(monkeypatch: pytest.MonkeyPatch, before: int) -> None:
    monkeypatch.setattr(canaries, "_WINDOW", 1000)
    spaced = "\n".join(PLAIN).encode()
    for leak in (PLAIN.encode(), base64.b64encode(PLAIN.encode()), spaced):
        assert Scanner(SECRETS).scan({"large": b"." * (1000 - before) + leak + b"." * 3000})


def test_an_offset_says_where() -> None:
    hits = Scanner(SECRETS).scan({"log": NOISE + PLAIN.encode()})
    assert [hit.offset for hit in hits if hit.how == "plain"] == [len(NOISE)]


def test_all_secrets_of_all_places_are_told_once_each() -> None:
    found = Scanner(SECRETS).scan({"one": f"{PLAIN} {ODD} {PLAIN}", "other": PLAIN, "none": ""})
    assert [(hit.secret, hit.place) for hit in found if hit.how == "plain"] == [("odd", "one"), ("plain", "one"), ("plain", "other")]


def test_two_names_of_one_value_are_both_told() -> None:
    assert {hit.secret for hit in Scanner({"new": PLAIN, "old": PLAIN}).scan({"log": PLAIN})} == {"new", "old"}


@pytest.mark.parametrize("short", ["", "seven77", "  '    \"  ", "a b c d"])
def test_a_short_secret_is_refused_by_its_name(short: str) -> None:
    with pytest.raises(ValueError, match="too short to be looked for: pin; at least 8 characters") as caught:
        Scanner({"pin": short, "plain": PLAIN})
    assert not short or short not in str(caught.value)


def test_no_hit_shows_a_value() -> None:
    scanner = Scanner(SECRETS)
    told = repr(scanner) + repr(vars(scanner)) + "".join(f"{hit} {hit!r}" for hit in scanner.scan({"log": "".join(SECRETS.values())}))
    assert Scanner(SECRETS).scan({"told": told}) == []


@pytest.mark.integration
def test_the_files_of_an_archive_are_places_and_so_are_their_names(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "log.gz").write_bytes(gzip.compress(PLAIN.encode()))
    (tmp_path / "var" / PLAIN).write_bytes(NOISE)
    found = Scanner(SECRETS).scan(archived(["tar", "-C", str(tmp_path), "-c", "."], os.environ))
    assert {hit.place for hit in found} == {"./var/log.gz", "the names of its files"}


@pytest.mark.integration
def test_an_archive_that_was_not_made_whole_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    script = f"tar -C {shlex.quote(str(tmp_path))} -c there; exit 3"
    with pytest.raises(RuntimeError, match="sh ended with 3"):
        list(archived(["sh", "-c", script], os.environ, fine=(0, 1)))


@pytest.mark.integration
def test_the_command_line_of_a_process_is_seen_whenever_it_began(tmp_path: Path) -> None:
    def waiting(secret: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(["sh", "-c", "read -r _", "sh", secret], stdin=subprocess.PIPE)

    def seen() -> set[str]:
        return {hit.secret for hit in Scanner(SECRETS).scan(files(tmp_path))}

    with waiting(PLAIN), watched([sys.executable, "-c", canaries.COMMAND_LINES], os.environ, tmp_path / "lines"), waiting(ODD):
        wait_for("both processes", lambda: seen() == {"plain", "odd"})


@pytest.mark.integration
def test_a_watch_that_did_not_last_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="sh ended with 4"), watched(["sh", "-c", "exit 4"], os.environ, tmp_path / "lines"):
        pass


def test_a_file_that_is_older_is_left_out(tmp_path: Path) -> None:
    for name, changed in (("old", 1000), ("new", 3000)):
        (tmp_path / name).write_text(PLAIN)
        os.utime(tmp_path / name, (changed, changed))
    assert [path for path, _ in files(tmp_path, since=2000)] == ["new"]


def test_the_log_of_a_job_that_echoes_secrets_shows_none_once_it_is_masked() -> None:
    """What our commands print is masked so; what a job prints by itself is GitLab's to mask, which it does for its variables alone."""
    mask = Mask()
    mask.learn([f"SECRET_KEY={shlex.quote(PLAIN)}\nOTHER=1\n", {"odd": ODD}, KEY])
    log = f"+ env\nSECRET_KEY={PLAIN}\nodd: {ODD}\n{KEY}\nfailed: {PLAIN}\n" + "\n".join(f"  | {line}" for line in KEY.splitlines())
    assert {hit.secret for hit in Scanner(SECRETS).scan({"log": log})} == SECRETS.keys()
    assert Scanner(SECRETS).scan({"log": mask(log)}) == []
