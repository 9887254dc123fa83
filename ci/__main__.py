"""The commands around the program: `python -m ci up|rollback|rotate|recover|rebuild … --stack STACK`. They need what `pulumi up` needs."""

import argparse
import json
import re
import sys
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ci import backups, check, drift, drill, env_import, operators, promotion, runner, setup, upgrade
from ci.advice import explain
from ci.ages import OverdueError, check_ages
from ci.cli import Cli, CliError
from ci.credentials import PASSPHRASE, CredentialError
from ci.drill import DrillError
from ci.env_import import EnvFileError
from ci.host import HostError
from ci.operators import OperatorsError
from ci.passphrase import rotate as rotate_passphrase
from ci.preview import bundle, preview
from ci.preview.preview_bundle import BundleError
from ci.progress import Progress
from ci.promotion import PromotionError, minutes, proven
from ci.rebuild import RebuildError, rebuild
from ci.recovery import RecoverError, delete_orphan, recover
from ci.release import Release, ReleaseError
from ci.rollback import history, target
from ci.rotation import Rotation, RotationError, new_value, told
from ci.stack import release_of
from ci.stack_config import StackConfig
from ci.status import command as status
from ci.thing import CloudError
from ci.upgrade import UpgradeError
from ci.verdict import GUARDED
from infra.problems import ConfigError


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person has to decide first, 4 done, but something is in no state."""
    options = _parser().parse_args(arguments)
    console = Console(soft_wrap=True)
    try:
        return int(options.run(options, Cli(stack=options.stack), console))
    except (
        BundleError,
        CliError,
        CloudError,
        ConfigError,
        CredentialError,
        DrillError,
        EnvFileError,
        HostError,
        OperatorsError,
        OverdueError,
        PromotionError,
        RebuildError,
        RecoverError,
        ReleaseError,
        RotationError,
        UpgradeError,
    ) as error:
        Console(stderr=True, soft_wrap=True).print("[red]error[/red]:", escape(explain(str(error), options.stack)), highlight=False)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ci", description="What runs around the program, in GitLab or by hand.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(run=run)
        found.add_argument("--stack", required=True, help="which stack")
        return found

    found = command("up", _up, "bring the stack up to date, or release an image: wholly, or not at all")
    found.add_argument("--image", default="", metavar="DIGEST", help="REPOSITORY@sha256:… (default: what runs)")
    found.add_argument("--acknowledge", action="store_true", help="release also migrations that lock or can't be gone back from")
    found.add_argument("--verdict", type=Path, metavar="FILE", help="write there whether one can go back afterwards")
    found.add_argument("--unproven", action="store_true", help="release to production also what staging has not proved")
    found = command("rollback", _rollback, "go back to the release before, or to the one that is named")
    found.add_argument("--to", default="", metavar="DIGEST", help="sha256:… of an earlier release (default: the one before)")
    found.add_argument("--force", action="store_true", help="also where the database is too new for it")
    found = command("releases", _releases, "the releases that can be gone back to")
    found.add_argument("--json", action="store_true", help="print them as JSON")
    found = command("recover", _recover, "put right what a killed run left behind, and name what nobody owns")
    found.add_argument("--adopt", action="append", default=[], metavar="URN=ID", help="which thing a pending creation made; no ID: none")
    found.add_argument("--delete", action="append", default=[], metavar="KIND/ID", help="delete a thing that is in no state")
    found = command("rotate", _rotate, "bring out a new value of a secret, roll onto it, and see that the old one is refused")
    found.add_argument("name", metavar="SECRET", help="database, broker, registry, ciKey, deployKey, hostKey, secretKey, secrets.NAME …")
    found.add_argument("--stdin", action="store_true", help="the new value is on stdin: for what somebody else gives out")
    found.add_argument("--random", action="store_true", help="make a random one (always so for secretKey)")
    found.add_argument("--finish", action="store_true", help="secretKey: the former key opens no session any more")
    found = command("operators", operators.run, "who may log in to the hosts: list them, let somebody in, or keep somebody out")
    found.add_argument("action", choices=("list", "add", "remove"))
    found.add_argument("who", nargs="?", default="", help="a public ssh key or a file with one; to remove: also its comment or fingerprint")
    found.add_argument("--json", action="store_true", help="print them as JSON")
    found.add_argument("--no-up", action="store_true", help="only write the stack's file")
    found = command("secrets", env_import.run, "take an existing .env file into the stack's config, what is secret encrypted")
    found.add_argument("action", choices=("import",))
    found.add_argument("file", metavar="FILE", help="NAME=value, a line each")
    found.add_argument("--overwrite", action="store_true", help="also names that the config has already")
    found.add_argument("--dry-run", action="store_true", help="tell what would become of each name, and write nothing")
    for module in _MODULES:
        name, _, about = str(module.__doc__).partition(": ")
        module.arguments(command(name.strip("`"), module.run, re.split("[.\n]", about)[0]))
    command("rebuild", _rebuild, "make a new droplet in place of one that is lost, dead, or to be renewed, and the site on it")
    return parser


def _up(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    check_ages(cli)
    if options.image and cli.stack == GUARDED and not options.unproven:
        console.print(proven(cli, options.image, minutes=minutes(cli), now=datetime.now(UTC)), highlight=False)
    with Progress(console) as progress:
        release = release_of(cli, progress)
        if options.verdict:
            release = replace(release, judged=options.verdict.write_text)
        return _released(release, options.image, console, acknowledged=options.acknowledge)


def _rollback(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    with Progress(console) as progress:
        release = release_of(cli, progress)
        return _released(release, target(release, options.to), console, acknowledged=options.force, back=True)


def _released(release: Release, image: str, console: Console, *, acknowledged: bool, back: bool = False) -> int:
    began = time.monotonic()
    runs = release.run(image, acknowledged=acknowledged, back=back)
    console.print(f"[green]✓[/green] {runs or 'done'} ({time.monotonic() - began:.0f} s)", highlight=False)
    return 0


def _releases(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    release = release_of(cli, lambda _: None, settled=False)
    found = history(release)
    if options.json:
        print(json.dumps([asdict(entry) for entry in found]))
    for entry in [] if options.json else found:
        console.print(f"{entry.number:>4}  {entry.digest}", highlight=False)
    return 0


def _recover(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    with Progress(console) as progress:
        for word in options.delete:
            kind, _, id = word.partition("/")
            delete_orphan(cli, kind, id)
            console.print(f"[green]✓[/green] deleted {word}", highlight=False)
        report = recover(cli, progress, decided=dict(word.rpartition("=")[::2] for word in options.adopt))
    for sign, lines in (("[green]✓[/green]", report.done), ("[red]?[/red]", report.undecided), ("[yellow]![/yellow]", report.orphans)):
        for line in lines:
            console.print(sign, escape(line), highlight=False)
    if not (report.done or report.undecided or report.orphans):
        console.print("nothing to recover")
    return 3 if report.undecided else 4 if report.orphans else 0


def _rotate(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    began = time.monotonic()
    todo: list[str] = []
    new = new_value(options.name, stdin=options.stdin, at_random=options.random, finish=options.finish)
    if options.name == PASSPHRASE:
        trial, todo = rotate_passphrase(cli, new)
    else:
        with Progress(console) as progress:
            rotation = Rotation(release_of=lambda: release_of(cli, progress), config=StackConfig(cli), tell=progress)
            trial = rotation.run(options.name, new, finish=options.finish)
    return told(trial, todo, console, seconds=time.monotonic() - began)


def _rebuild(_options: argparse.Namespace, cli: Cli, console: Console) -> int:
    began = time.monotonic()
    with Progress(console) as progress:
        rebuild(cli, progress)
    console.print(f"[green]✓[/green] rebuilt in {time.monotonic() - began:.0f} s", highlight=False)
    return 0


_MODULES = (check, setup, runner, promotion, status, drift, backups, drill, bundle, preview, upgrade)
"""Commands that are a module each: its name, its `arguments`, its `run`, and the first sentence of its docstring."""

if __name__ == "__main__":
    sys.exit(main())
