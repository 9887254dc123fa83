"""One command of `ci` on the stack staging, called as `python -m ci` does."""

import argparse
from typing import Protocol

from rich.console import Console

from ci.cli import Cli


class Command(Protocol):
    """A module that is one."""

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace, cli: Cli, console: Console) -> int: ...


def call(command: Command, *words: str) -> int:
    """Its exit code; what it says is on stdout."""
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return command.run(parser.parse_args(words), Cli(stack="staging"), Console(soft_wrap=True))
