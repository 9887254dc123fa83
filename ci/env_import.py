"""The import of an existing `.env` file into a stack's config: what is secret encrypted, the rest plain, what the program gives not at all.

python-dotenv reads the file, as it is written: `$` in a password is no variable, and this machine's environment gets nowhere. In doubt a
value is a secret. No value is ever shown, and none of a secret stands on a command line.
"""

import argparse
import io
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dotenv.parser import Binding, parse_stream
from rich.console import Console
from rich.markup import escape

from ci import strength
from ci.cli import Cli, CliError
from ci.events import Event, Tell
from ci.mask import Mask
from ci.progress import Progress
from infra import placeholders

_KEYS = {
    **dict.fromkeys(("SECRET_KEY", "DJANGO_SECRET_KEY"), "site:secretKey"),
    **dict.fromkeys(("SECRET_KEY_FALLBACKS", "DJANGO_SECRET_KEY_FALLBACKS"), "site:secretKeyFallbacks"),
}
_BY_HAND = "where the image asks by this name: pulumi config set --path site:env.{name}"
_LEFT_OUT = {
    r"\w+=": "it is empty",
    r"\w*DEBUG=(?i:true|1|yes|on)": "warning: a site that people visit must not show its insides",
    r"(DATABASE_URL|PG[A-Z]+|PGCONNECT_TIMEOUT)=.*": "the program gives it, of the database that it makes",
    r"((DJANGO_)?ALLOWED_HOSTS|CSRF_TRUSTED_ORIGINS)=.*": "the program gives it, from site:domain and site:aliases",
    r"(BROKER_URL|CELERY_BROKER_URL|REDIS_URL)=.*": "the program gives it, of the broker that site:broker names",
    r"RELEASE=.*": "the program gives it, the digest of what runs",
    r"(DB|DATABASE|POSTGRES|SQL)_(HOST|PORT|USER|PASSWORD|NAME|DB)=.*": f"the program makes the database; {_BY_HAND} '{{{{database.…}}}}'",
    # A name without a dot is that of a neighbour of the old site, which nothing reaches from the new one.
    r"\w+=postgres\w*(\+\w+)?://([^/@\s]*@)?[\w-]+([:/?].*)?": f"the program makes the database; {_BY_HAND} '{{{{database.url}}}}'",
    r"\w+=(rediss?|amqps?)://([^/@\s]*@)?[\w-]+([:/?].*)?": f"the program makes the broker; {_BY_HAND} '{{{{broker.url}}}}'",
}
"""Why `NAME=value` is not taken over, by its shape."""


class EnvFileError(Exception):
    """The file, or the stack's config, can't be taken as it is; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What becomes of a name in the file. `secret` and `plain` are written; `refused` waits for a person."""

    where: str
    """The key of the config (`site:secrets.STRIPE_KEY`), or the name in the file, or the line of what has none."""
    kind: Literal["secret", "plain", "kept", "left out", "refused"]
    note: str = ""
    value: str = field(default="", repr=False)
    replaces: str = ""
    """The key at which the name stands now, where that is another one: it goes."""


def plan(text: str, config: Mapping[str, Any], *, overwrite: bool = False) -> list[Entry]:
    """What an import of this text does to a stack with this config (`site:key` -> value, decrypted), in the order of the file.

    Raises EnvFileError where the text can't be read safely, or `site:env` or `site:secrets` is no map.
    """
    stack, found = _places(config), list(parse_stream(io.StringIO(text)))
    for binding in found:
        if binding.error:
            raise EnvFileError(f"{_line(binding)} is no NAME=value, or a quotation mark that opens there never closes; mend it")
        if "-----BEGIN" in (binding.value or "") and "-----END" not in (binding.value or ""):
            raise EnvFileError(f"{_line(binding)} has only the first line of a PEM block; put the whole block in double quotes")
    times = Counter(binding.key for binding in found)
    entries: dict[str, Entry] = {}
    for name, binding in {binding.key: binding for binding in found if binding.key}.items():
        notes = [f"{times[name]} times in the file, the last counts"] if times[name] > 1 else []
        entry = _entry(name, binding, stack, overwrite=overwrite, notes=notes)
        if before := entries.get(entry.where):
            same = entry.value == before.value
            told = "the same value" if same else "another value; take one of them out of the file"
            entry = Entry(where=name, kind="left out" if same else "refused", note=f"{entry.where} comes from another name, with {told}")
        entries[entry.where] = entry
    return list(entries.values())


def _entry(name: str, binding: Binding, stack: Mapping[str, str], *, overwrite: bool, notes: list[str]) -> Entry:
    value = binding.value
    if value is None or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        # Such a line may be a piece of a secret, so that not even its name is shown.
        return Entry(where=_line(binding), kind="refused", note="is no NAME=value with a name of letters, digits and underscores")
    text = f"{name.upper()}={value}"
    if reason := next((reason for shape, reason in _LEFT_OUT.items() if re.fullmatch(shape, text, re.DOTALL)), ""):
        return Entry(where=name, kind="left out", note="; ".join([reason.format(name=name), *notes]))
    secret = name in _KEYS or f"site:secrets.{name}" in stack or strength.looks_secret(name, value)
    where = _KEYS.get(name, f"site:{'secrets' if secret else 'env'}.{name}")
    there = next((key for key in (where, f"site:env.{name}") if key in stack), "")
    same = there == where and stack[there] == value
    if there and (same or not overwrite):
        clear = f"it stands in clear there; --overwrite moves it to {where}"
        other = clear if stack[there] == value else "the stack has another value; --overwrite replaces it"
        return Entry(where=there, kind="kept", note="; ".join(["the stack has the same" if same else other, *notes]), value=value)
    if wrong := [*_braces(value), *(strength.problems(where.removeprefix("site:"), value) if secret else [])]:
        by_hand = f"then: pulumi config set --secret {where}" if name in _KEYS else ""
        by_hand = by_hand or (f"or, where it is no secret: pulumi config set --path site:env.{name}" if secret else "mend it in the file")
        return Entry(where=where, kind="refused", note="; ".join([*wrong, by_hand, *notes]), value=value)
    notes += [f"in place of what is at {there}"] if there else []
    notes += ["everyone is logged out by this"] if there == "site:secretKey" else []
    notes += ["`${…}` in it stays as it is written"] if re.search(r"\$\{\w", value) else []
    notes += [f"the program fills in {{{word}}}" for word in sorted(placeholders.used(value))]
    replaces = there if there != where else ""
    return Entry(where=where, kind="secret" if secret else "plain", note="; ".join(notes), value=value, replaces=replaces)


def _braces(value: str) -> list[str]:
    known = ", ".join(f"{{{name}}}" for name in placeholders.NAMES)
    unknown = placeholders.used(value) - set(placeholders.NAMES)
    return [f"has `{{database.` or `{{broker.` in it, and that is no placeholder; there are {known}"] if unknown else []


def _line(binding: Binding) -> str:
    text = binding.original.string
    return f"line {binding.original.line + text[: len(text) - len(text.lstrip())].count(chr(10))}"


def _places(config: Mapping[str, Any]) -> dict[str, str]:
    """What the stack has already, by key."""
    places = {key: str(config[key]) for key in _KEYS.values() if config.get(key)}
    for key in ("site:env", "site:secrets"):
        if not isinstance(values := config.get(key) or {}, Mapping):
            # The CLI drops such a text as soon as one entry is set by its path.
            raise EnvFileError(f"{key} is one text; set each entry by itself: pulumi config set --path {key}.NAME (--secret for a secret)")
        places |= {f"{key}.{name}": str(value) for name, value in values.items()}
    return places


def _config(cli: Cli, *words: str) -> dict[str, Any]:
    found = json.loads(cli.run("config", "--show-secrets", "--json", *words))
    return {key: entry.get("objectValue", entry.get("value")) for key, entry in found.items()}


def write(cli: Cli, entries: list[Entry], tell: Tell) -> None:
    """Write what the plan says into the stack's file, wholly or not at all: into a copy, which is read back and then takes its place.

    Raises CliError, EnvFileError.
    """
    original = (cli.folder / f"Pulumi.{cli.stack}.yaml").resolve()
    written = [entry for entry in entries if entry.kind in ("secret", "plain")]
    before, wanted, mask = original.read_bytes(), _places(_config(cli)), Mask()
    mask.learn(entry.value for entry in written if entry.kind == "secret")
    with tempfile.TemporaryDirectory(prefix=".import-", dir=original.parent) as folder:
        copy = Path(shutil.copy2(original, folder))
        at = ("--config-file", str(copy))
        for entry in written:
            # Without a type, `8080` and `true` would be no texts.
            how = ("--secret",) if entry.kind == "secret" else ("--type", "string")
            try:
                cli.run("config", "set", *how, "--path", "--raw", entry.where, *at, stdin=entry.value)
                if entry.replaces:
                    cli.run("config", "rm", "--path", entry.replaces, *at)
            except CliError as error:
                raise CliError(f"{entry.where}: {mask(str(error))}\n{original.name} is as it was") from None
            wanted = {key: value for key, value in wanted.items() if key != entry.replaces} | {entry.where: entry.value}
            tell(Event(kind="said", message=f"{entry.where} is ready"))
        if _places(_config(cli, *at)) != wanted or original.read_bytes() != before:
            raise EnvFileError(f"{original.name} was changed meanwhile, or the CLI keeps other values than it was given; it is not written")
        copy.replace(original)


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """`secrets import FILE`: tell the plan, and write it. 0: done, 3: done, but a person has to decide on what was refused.

    Raises EnvFileError, CliError.
    """
    try:
        entries = plan(Path(options.file).read_text(encoding="utf-8"), _config(cli), overwrite=options.overwrite)
    except (OSError, UnicodeDecodeError, EnvFileError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error) if isinstance(error, EnvFileError) else "is no text in UTF-8"
        raise EnvFileError(f"{options.file}: {told}; nothing was written") from None
    width = max((len(entry.where) for entry in entries), default=0)
    for entry in entries:
        console.print(escape(f"{entry.where:<{width}}  {entry.kind}{': ' if entry.note else ''}{entry.note}"), highlight=False)
    if options.dry_run or not any(entry.kind in ("secret", "plain") for entry in entries):
        console.print("nothing was written")
    else:
        with Progress(console) as progress:
            write(cli, entries, progress)
        console.print(f"[green]✓[/green] Pulumi.{cli.stack}.yaml is written", highlight=False)
        console.print(f"next: pulumi preview --stack {cli.stack}\n      python -m ci up --stack {cli.stack}", highlight=False)
        console.print(escape(f"then delete {options.file}: secrets stand in clear there"), highlight=False)
    return 3 if any(entry.kind == "refused" for entry in entries) else 0
