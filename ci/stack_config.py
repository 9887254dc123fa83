"""A stack's config with its secrets opened, edited through the CLI, and put back byte for byte."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from ci.cli import Cli, CliError
from ci.config_file import declared, read


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One value: `path` is a whole key, or one in an object (`site:secrets.NAME`). None takes it out."""

    path: str
    value: str | int | None
    secret: bool = False


class Config(Protocol):
    """The Pulumi CLI's (`StackConfig`), or the rehearsal's without it."""

    def values(self) -> dict[str, Any]:
        """Every key with its default, secrets in clear, objects as such."""

    def apply(self, edits: Sequence[Edit]) -> None:
        """Make them. Raises CliError."""

    def restore(self) -> None:
        """Back to what it was when this was made."""


class StackConfig:
    """Of a stack of the Pulumi CLI: its file."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._file = cli.folder / f"Pulumi.{cli.stack}.yaml"
        self._before = self._file.read_bytes()

    def values(self) -> dict[str, Any]:
        told = json.loads(self._cli.run("config", "--show-secrets", "--json"))
        return declared(self._cli.folder) | {key: opened(entry.get("objectValue", entry.get("value"))) for key, entry in told.items()}

    def apply(self, edits: Sequence[Edit]) -> None:
        for edit in edits:
            self._check(edit)
            words = ["--path", edit.path] if "." in edit.path else [edit.path]
            if edit.value is None:
                self._cli.run("config", "rm", *words)
            elif edit.secret:
                # On stdin: a command line is seen by everyone on the machine.
                self._cli.run("config", "set", "--secret", "--raw", *words, stdin=str(edit.value))
            else:
                self._cli.run("config", "set", *words, str(edit.value))

    def _check(self, edit: Edit) -> None:
        """An entry can't be set in an object that is one whole secret text: the CLI would drop the others without a word."""
        key, _, name = edit.path.partition(".")
        if name and set(read(self._file).get(key) or {}) == {"secure"}:
            raise CliError(
                f"{key} is one secret text, and its entries can't be changed one by one; set each by itself first:"
                f" pulumi config rm {key}; pulumi config set --secret --path {edit.path} …"
            )

    def restore(self) -> None:
        self._file.write_bytes(self._before)


@contextmanager
def kept(config: Config) -> Iterator[None]:
    """What was edited inside is put back where the block fails."""
    try:
        yield
    except BaseException:
        config.restore()
        raise


def opened(value: Any) -> Any:
    """A value as it is meant: an object or a list that stands as a text is read."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
