"""A search for secrets that stand in clear: as they are, in the usual encodings, in gzip, on several lines. No hit shows a value.

What is encrypted, hashed, or compressed in another way is not looked into.
"""

import base64
import contextlib
import json
import re
import subprocess
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, quote_plus

Content = bytes | str
SHORTEST = 8
"""Characters of a secret: what is shorter would be found by chance."""
_WINDOW = 1 << 24
"""Bytes that are looked at in one go, so that a large place needs little memory."""
_UNPACKED, _DEPTH = 1 << 28, 3
"""Bytes of one gzip stream that are looked at, and how many streams may be inside each other."""
_PEM = re.compile(r"\s*-----BEGIN [A-Z ]+-----\s(.+)\s-----END [A-Z ]+-----\s*", re.DOTALL)
_LINE = 32
"""Characters of a line of a PEM block that is looked for by itself: a log may put words before each."""
_DROPPED = b"\0 \t\r\n\v\f\\\"'"
COMMAND_LINES = """
import glob, select, sys
seen = set()
while True:
    for file in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(file, "rb") as words:
                line = words.read().replace(b"\\0", b" ")
        except OSError:
            continue
        if line not in seen:
            seen.add(line)
            sys.stdout.buffer.write(line + b"\\n")
    sys.stdout.flush()
    if select.select([sys.stdin], [], [], 0.05)[0]:
        break
"""
"""A program in Python that prints each command line of the machine's processes once, until its stdin is closed."""


@dataclass(frozen=True, order=True)
class Hit:
    """`secret` is its name. `offset` counts bytes of the place; where `how` says "folded", those of a window that are left without white
    space, quotes, backslashes and zeros; where it says "gzip", those that come out."""

    secret: str
    place: str
    how: str
    offset: int


@dataclass(frozen=True, repr=False)
class _Needle:
    secret: str
    how: str
    text: bytes
    folded: bool


class Scanner:
    """Knows the secrets, by name. Raises ValueError for one that is too short."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        if short := sorted(name for name, value in secrets.items() if len(_folded(value.encode())) < SHORTEST):
            raise ValueError(f"too short to be looked for: {', '.join(short)}; at least {SHORTEST} characters that are no space or quote")
        self._needles = [needle for name, value in secrets.items() for needle in _needles(name, value)]
        # White space and the like may make what is looked for longer than its needle.
        self._overlap = 4 * max((len(needle.text) for needle in self._needles), default=0)

    def scan(self, places: Mapping[str, Content] | Iterable[tuple[str, Content]]) -> list[Hit]:
        """Where secrets are, the first of each kind in a place. Places are taken one by one: an iterator may make each when it is asked."""
        pairs = places.items() if isinstance(places, Mapping) else places
        return sorted({hit for name, content in pairs for hit in self._hits(name, _bytes(content), _DEPTH)})

    def _hits(self, place: str, data: bytes, depth: int) -> Iterator[Hit]:
        found: dict[tuple[str, str], Hit] = {}
        for start in range(0, len(data), _WINDOW):
            window = data[start : start + _WINDOW + self._overlap]
            folded = _folded(window)
            for needle in self._needles:
                at = (folded if needle.folded else window).find(needle.text)
                if at >= 0:
                    found.setdefault((needle.secret, needle.how), Hit(needle.secret, place, needle.how, start + at))
        yield from found.values()
        for packed in _streams(data) if depth else ():
            yield from (replace(hit, how=f"gzip, {hit.how}") for hit in self._hits(place, packed, depth - 1))


def files(folder: Path, *, since: float = 0) -> Iterator[tuple[str, bytes]]:
    """The files below a folder that were changed after `since` (seconds of the epoch), by their path in it."""
    for file in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if file.is_file() and file.stat().st_mtime >= since:
                yield str(file.relative_to(folder)), file.read_bytes()


def archived(command: Sequence[str], environment: Mapping[str, str], *, fine: Sequence[int] = (0,)) -> Iterator[tuple[str, bytes]]:
    """The files of the tar archive that a command writes, by their path, and at last all paths. Raises RuntimeError where it does not
    end with one of the codes that are `fine`."""
    paths = []
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                paths.append(member.name)
                content = archive.extractfile(member) if member.isreg() else None
                if content:
                    yield member.name, content.read()
        process.stdout.read()
    if process.returncode not in fine:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    yield "the names of its files", "\n".join(paths).encode()


@contextlib.contextmanager
def watched(command: Sequence[str], environment: Mapping[str, str], file: Path) -> Iterator[None]:
    """All command lines that processes have meanwhile, written to the file by COMMAND_LINES: `command` runs that, here or elsewhere. A
    process that lives for less than 50 ms may be missed. Raises RuntimeError where the command did not last."""
    with file.open("wb") as lines, subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=lines) as process:
        try:
            yield
        finally:
            process.communicate(timeout=30)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")


def _needles(name: str, value: str) -> Iterator[_Needle]:
    """Everything by which the value is known; what two forms have in common is looked for once."""
    block = _PEM.fullmatch(value)
    text = block[1] if block else value
    known: dict[tuple[bytes, bool], _Needle] = {}
    # The first line of several is the same in all keys of a kind.
    lines = [line.encode() for line in text.split()[1:] if len(line) >= _LINE] if block else []
    for how, form, folded in [*_forms(text), *(("line", line, False) for line in lines)]:
        known.setdefault((form, folded), _Needle(name, how, form, folded))
    yield from known.values()


def _forms(text: str) -> Iterator[tuple[str, bytes, bool]]:
    """How, as what, and whether in what is left of a place once it is folded."""
    go = json.dumps(text, ensure_ascii=False)[1:-1]
    for sign in "<>&":
        go = go.replace(sign, f"\\u{ord(sign):04x}")  # as Go's encoding/json has it
    for how, form in (("plain", text), ("JSON", json.dumps(text)[1:-1]), ("JSON", go)):
        yield how, form.encode(), False
        yield f"{how}, folded", _folded(form.encode()), True
        for encoded in _base64(form.encode()):
            yield "base64, folded", encoded, True
    for quoted in (quote(text, safe=""), quote(text), quote_plus(text)):
        for form in (quoted, re.sub("%..", lambda match: match[0].lower(), quoted)):
            yield "URL, folded", _folded(form.encode()), True
    for form in (text.encode().hex(), text.encode().hex().upper()):
        yield "hex, folded", form.encode(), True
    for order in ("le", "be"):
        yield "UTF-16, folded", _folded(text.encode(f"utf-16-{order}")), True


def _base64(data: bytes) -> Iterator[bytes]:
    """In both alphabets, for each of the three ways in which it may lie in what was encoded: the letters that depend on it alone."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data)[-(-before * 4 // 3) : (before + len(data)) * 4 // 3]
        yield encoded
        yield encoded.replace(b"+", b"-").replace(b"/", b"_")


def _folded(data: bytes) -> bytes:
    """Without white space, quotes, backslashes and zeros: lines, quoting of shells, escapes of JSON at any depth and the width of letters
    make no difference."""
    for escape in (b"\\n", b"\\r", b"\\t"):
        data = data.replace(escape, b"")
    return data.translate(None, _DROPPED)


def _streams(data: bytes) -> Iterator[bytes]:
    """What comes out of each gzip stream, also of one that is cut off."""
    at = data.find(b"\x1f\x8b\x08")
    while at >= 0:
        unpacked, size, stream, end = [], 0, zlib.decompressobj(31), at
        with contextlib.suppress(zlib.error):
            while not stream.eof and end < len(data) and size < _UNPACKED:
                piece = data[end : end + 65536]
                unpacked.append(stream.decompress(piece))
                size, end = size + len(unpacked[-1]), end + len(piece)
        if size:
            yield b"".join(unpacked)
        at = data.find(b"\x1f\x8b\x08", end - len(stream.unused_data) if stream.eof else at + 3)


def _bytes(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.encode(errors="surrogateescape")
