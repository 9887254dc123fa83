"""`operators`: whose ssh keys open a stack's host. The list stands in the stack's file, and an `up` brings it to the host."""

import argparse
import base64
import binascii
import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ci import config_file
from ci.ages import to_rotate
from ci.cli import Cli
from ci.config_file import read
from ci.progress import Progress
from ci.stack import release_of
from ci.stack_config import StackConfig, kept
from infra.shapes import SshKey

RSA_BITS = 3072
"""Shortest RSA key that may come in: NIST SP 800-57 part 1 trusts shorter ones until 2030."""
_KEYS = "site:operatorKeys"
_OPENS = """\
Each logs in to the host of {} as `deploy`, and is as good as root there: that opens all that the running site knows, which is the
database, the broker, Django's key, every value of `secrets`, the credential that pulls images, and the host key.
It opens neither the state nor the secrets in the stack's file (they need the passphrase), nor GitLab, nor DigitalOcean."""


class OperatorsError(Exception):
    """Why nothing was changed, and what to do instead."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A public key in OpenSSH's format, `TYPE BASE64 COMMENT`; the comment is its `name`, and no part of what opens a host."""

    text: str
    name: str
    blob: bytes

    @classmethod
    def read(cls, text: str) -> "Key":
        """Raises OperatorsError with the reason. It shows nothing of the text, which may be a private key."""
        text = text.strip()
        if "PRIVATE KEY" in text or text.startswith("PuTTY-User-Key-File"):
            raise OperatorsError("this is a private key, which nobody else may see: give the public one, from the file that ends in .pub")
        if text.startswith("ssh-dss "):
            raise OperatorsError("a DSA key (ssh-dss) is too weak, and OpenSSH takes none any more; make one by: ssh-keygen -t ed25519")
        try:
            kind, encoded, *comment = TypeAdapter(SshKey).validate_python(text).split(" ", 2)
            key = cls(text=text, name="".join(comment).strip(), blob=base64.b64decode(encoded, validate=True))
        except ValidationError as error:
            raise OperatorsError(f"the key {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
        except binascii.Error:
            key = cls(text=text, name="", blob=b"")
        if key.fields[:1] != [kind.encode()] or not text.isprintable():
            raise OperatorsError("the key is cut off, or has a slip in it: copy the whole line of the .pub file")
        return key

    @property
    def fields(self) -> list[bytes]:
        """What the blob is made of, its type first (RFC 4253, section 6.6); nothing where it is cut off."""
        found, rest = [], self.blob
        while rest:
            end = 4 + int.from_bytes(rest[:4])
            if len(rest) < end:
                return []
            found.append(rest[4:end])
            rest = rest[end:]
        return found

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` tells it."""
        return f"SHA256:{base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip('=')}"

    @property
    def weak(self) -> str:
        """Why it should not come in; empty where it may."""
        bits = int.from_bytes(self.fields[-1]).bit_length() if self.fields[0] == b"ssh-rsa" else RSA_BITS
        return f"RSA of {bits} bits is weak: at least {RSA_BITS}, or better: ssh-keygen -t ed25519" if bits < RSA_BITS else ""

    def __str__(self) -> str:
        return f"{self.name or '(no comment)'} {self.fingerprint}"


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """`options`: `action` (list, add, remove), `who`, `json`, `no_up`, `stack`. Gives 0. Raises OperatorsError, or what an `up` raises.

    With `json`, stdout has the list as it is then, and `rotate` after a removal; what goes on is told on stderr.
    """
    tell = Console(stderr=True, soft_wrap=True) if options.json else console
    keys, rotate = _listed(cli), dict[str, list[str]]()
    if options.action == "add":
        key = _newcomer(options.who or "", keys)
        _write(options, cli, tell, "set", "--plaintext", "--path", f"{_KEYS}[{len(keys)}]", key.text)
        keys.append(key)
        tell.print(f"[green]✓[/green] {escape(str(key))} is in the list", highlight=False)
    elif options.action == "remove":
        key = _meant(options.who or "", keys, cli.stack)
        _write(options, cli, tell, "rm", "--path", f"{_KEYS}[{keys.index(key)}]")
        keys.remove(key)
        rotate = to_rotate(config_file.of(cli), cli.stack)
        tell.print(f"[green]✓[/green] {escape(str(key))} is out of the list", highlight=False)
    if options.json:
        operators = [{"name": key.name, "fingerprint": key.fingerprint, "key": key.text} for key in keys]
        print(json.dumps({"operators": operators, **({"rotate": rotate} if rotate else {})}))
    elif options.action == "list":
        _print(keys, cli.stack, console)
    for when, commands in {} if options.json else rotate.items():
        console.print(f"{when}:", *(f"  {command}" for command in commands), sep="\n", highlight=False, markup=False)
    return 0


def _file(cli: Cli) -> Path:
    return cli.folder / f"Pulumi.{cli.stack}.yaml"


def _listed(cli: Cli) -> list[Key]:
    """The keys in the stack's file."""
    if not _file(cli).exists():
        raise OperatorsError(f"there is no {_file(cli).name} in {cli.folder}: run it where the program is")
    found = []
    for place, text in enumerate(read(_file(cli)).get(_KEYS) or []):
        try:
            found.append(Key.read(str(text)))
        except OperatorsError as error:
            mend = f'pulumi config rm --path "{_KEYS}[{place}]" --stack {cli.stack}'
            raise OperatorsError(f"{_KEYS}[{place}]: {error}\n{mend}") from None
    return found


def _given(who: str) -> Key:
    """The key that `who` is, or that is in the file of this name."""
    try:
        text = Path(who).expanduser().read_text()
    except (OSError, RuntimeError, ValueError):
        if who.endswith(".pub"):
            raise OperatorsError(f"{who} can't be read") from None
        text = who
    return Key.read(text)


def _newcomer(who: str, keys: list[Key]) -> Key:
    key = _given(who)
    if key.weak:
        raise OperatorsError(key.weak)
    for known in keys:
        if known.blob == key.blob:
            raise OperatorsError(f"this key is in the list: {known}")
    return key


def _meant(who: str, keys: list[Key], stack: str) -> Key:
    """The one that `who` means; never the last one."""
    found = [key for key in keys if who and who in (key.name, key.fingerprint)]
    if not found:
        with contextlib.suppress(OperatorsError):
            found = [key for key in keys if key.blob == _given(who).blob]
    if len(found) != 1:
        choice = "\n".join(f"  {key}" for key in keys)
        raise OperatorsError(
            f"{len(found) or 'none'} of these keys is meant; name one by its comment, fingerprint or whole text:\n{choice}"
        )
    if len(keys) == 1:
        other = f"python -m ci operators add KEY --stack {stack}"
        raise OperatorsError(f"{found[0]} is the last one, and {_KEYS} needs at least one; first: {other}")
    return found[0]


def _write(options: argparse.Namespace, cli: Cli, tell: Console, *words: str) -> None:
    """Change the stack's file, and then the stack; where that fails, the file is what it was, byte for byte."""
    mend = f"python -m ci up --stack {cli.stack}"
    try:
        with kept(StackConfig(cli)):
            cli.run("config", *words)
            if options.no_up:
                tell.print(f"{_file(cli).name} is written; it takes effect with: {mend}", highlight=False)
            else:
                with Progress(tell) as progress:
                    release_of(cli, progress).run("")
    except BaseException:
        tell.print(f"{_file(cli).name} is as it was; if the host has got further, this takes it back: {mend}", highlight=False)
        raise


def _print(keys: list[Key], stack: str, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("name", overflow="fold")
    table.add_column("fingerprint", no_wrap=True)
    for key in keys:
        table.add_row(escape(key.name) or "[dim](no comment)[/dim]", key.fingerprint + (" weak" if key.weak else ""))
    console.print(table, _OPENS.format(stack), sep="\n", highlight=False)
