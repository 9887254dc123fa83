"""The commands around the program: `python -m ci recover|rebuild --stack STACK`. They need what `pulumi up` needs."""

import argparse
import sys
import time

from rich.console import Console
from rich.markup import escape

from ci.cli import Cli, CliError
from ci.host import HostError
from ci.progress import Progress
from ci.rebuild import RebuildError, rebuild


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person has to decide."""
    options = _parser().parse_args(arguments)
    console = Console(soft_wrap=True)
    try:
        return int(options.run(options, Cli(stack=options.stack), console))
    except (CliError, HostError, RebuildError) as error:
        Console(stderr=True, soft_wrap=True).print("[red]error[/red]:", escape(str(error)), highlight=False)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ci", description="What runs around the program, in GitLab or by hand.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(run=run)
        found.add_argument("--stack", required=True, help="which stack")
        return found

    command("rebuild", _rebuild, "make a new droplet in place of one that is lost, dead, or to be renewed, and the site on it")
    return parser


def _rebuild(_options: argparse.Namespace, cli: Cli, console: Console) -> int:
    began = time.monotonic()
    with Progress(console) as progress:
        rebuild(cli, progress)
    console.print(f"[green]✓[/green] rebuilt in {time.monotonic() - began:.0f} s", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
