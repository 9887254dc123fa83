"""`check`: whether a stack's config is right, without the stack's passphrase and without asking anybody.

What is encrypted is taken for right: a stand-in is put in its place. Everything else is judged as at `pulumi up`.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from ci import config_file
from ci.cli import Cli
from ci.preview.fingerprints import like
from infra import rules, siblings
from infra.problems import ConfigError
from infra.settings import Settings


def arguments(_parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(_options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Print warnings; gives 0. Raises ConfigError with all that is wrong."""
    settings = checked(cli.stack, cli.folder)
    for warning in rules.warnings(settings):
        console.print("[yellow]![/yellow]", escape(str(warning)), highlight=False)
    console.print(f"[green]✓[/green] the config of {cli.stack} is right", highlight=False)
    return 0


def checked(stack: str, folder: Path) -> Settings:
    """The settings of a stack file, secrets made up. Raises ConfigError."""
    values = config_file.declared(folder) | config_file.read(folder / f"Pulumi.{stack}.yaml")
    settings = Settings.parse(stack, {key: _text(_filled(value)) for key, value in values.items()})
    if problems := siblings.problems(stack, folder):
        raise ConfigError(stack, problems)
    return settings


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        # A name with a password: the one shape that a rule asks of a secret (`basicAuth`), and long enough for every other.
        return like("name:password") if set(value) == {"secure"} else {name: _filled(inner) for name, inner in value.items()}
    return [_filled(inner) for inner in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
