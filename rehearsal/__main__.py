"""The rehearsal's command line: `python -m rehearsal up|preview|status|logs|admin|down|clean`. `make` calls it."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from rehearsal.cloud.world import WorldError
from rehearsal.conductor.errors import ConductorError, Stopped
from rehearsal.home import ENGINES, STACKS, Home


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 failed, 2 wrong usage, 4 done, but there is something to do, 130 stopped by Ctrl-C."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=False, soft_wrap=True)
    home = Home()
    try:
        return int(options.run(options, home, console))
    except Stopped as error:
        console.print(
            f"[yellow]stopped[/yellow]: {escape(str(error))}\nGo on with: make up STACK={options.stack}", highlight=False, markup=True
        )
        return 130
    except KeyboardInterrupt:
        return 130
    except (WorldError, ConductorError) as error:
        Console(stderr=True, soft_wrap=True).print("[red]error[/red]:", escape(str(error)), highlight=False)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description="The program on this machine, with no cloud account.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str, *, stack: bool = True) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(run=run, stack="")
        if stack:
            found.add_argument("--stack", choices=STACKS, default=STACKS[0], help="which stack (default: %(default)s)")
        return found

    for name, run, text in (("up", _up, "make the stack, or go on making it"), ("preview", _preview, "what `up` would do; asks nobody")):
        found = command(name, run, text)
        found.add_argument(
            "--config", type=Path, metavar="FILE", help="an overlay: the `config:` part of a stack file, put over the stack's own"
        )
        found.add_argument("--json", action="store_true", help="print the steps as JSON")
        found.add_argument("--engine", choices=ENGINES, help="what runs the program (default: pulumi where it is installed)")
        if name == "preview":
            found.add_argument("--refresh", action="store_true", help="ask first what is really there (needs a running rehearsal)")
        else:
            found.add_argument(
                "--fault", action="append", default=[], metavar="KIND:METHOD PATH[:NTH]", help="what shall go wrong at the cloud's APIs"
            )
            found.add_argument("--image", metavar="NAME", help="run this image of this machine in place of the sample site")
    command("refresh", _refresh, "take into the Pulumi CLI's state what is really there")
    for name, text in (
        ("recover", "put right what a killed run left behind"),
        ("rebuild", "make a new droplet in place of one that is lost or to be renewed"),
        ("drill", "restore the newest dump beside the site, and try it with the image that runs"),
        ("backups", "the newest backups and dumps, and the last drill"),
    ):
        command(name, _around, text).set_defaults(words=[name])
    found = command("upgrade", _upgrade, "bring the packages of the host up to date, Docker's among them")
    found.add_argument("--window", default="", metavar="HH:MM-HH:MM", help="only between these times (UTC)")
    found.add_argument("--reboot", action="store_true", help="boot the host afterwards")
    found = command("release", _release, "release the sample site as it is now, or an image: wholly, or not at all")
    found.add_argument("--image", metavar="NAME", help="an image of this machine, or of the stack's registry by digest")
    found.add_argument("--acknowledge", action="store_true", help="also migrations that lock or can't be gone back from")
    found.add_argument("--config", type=Path, metavar="FILE", help="the overlay that the stack was made with")
    found = command("rollback", _rollback, "go back to the release before, or to another")
    found.add_argument("--to", default="", metavar="DIGEST", help="sha256:… of an earlier release")
    found.add_argument("--force", action="store_true", help="also where the database is too new for it")
    found.add_argument("--config", type=Path, metavar="FILE", help="the overlay that the stack was made with")
    found = command("rotate", _rotate, "bring out a new value of a secret, and see that the old one is refused")
    found.add_argument("name", metavar="SECRET", help="database, broker, registry, ciKey, deployKey, hostKey, secretKey, secrets.NAME …")
    found.add_argument("--stdin", action="store_true", help="the new value is on stdin: for what somebody else gives out")
    found.add_argument("--random", action="store_true", help="make a random one (always so for secretKey)")
    found.add_argument("--finish", action="store_true", help="secretKey: the former key opens no session any more")
    found.add_argument("--config", type=Path, metavar="FILE", help="the overlay that the stack was made with")
    found = command("status", _status, "how the stacks are", stack=False)
    found.add_argument("--drift", action="store_true", help="look for drift now, where the Pulumi CLI has made the stack")
    found.add_argument("--json", action="store_true", help="print it as JSON")
    found.add_argument("--html", type=Path, metavar="FILE", help="write it as a page too")
    logs = command("logs", _logs, "what a process printed, of all its tasks")
    logs.add_argument("process", nargs="?", default="web", help="web, worker, proxy … (default: %(default)s)")
    logs.add_argument("--follow", action="store_true", help="go on printing")
    command("admin", _admin, "make an administrator of the site, or give it a new password")
    down = command("down", _down, "take away what `up` made", stack=False)
    down.add_argument("--stack", choices=STACKS, default="", help="only this one (default: all)")
    command("clean", _clean, "take everything down, and the images that were built for it", stack=False)
    commands.add_parser("serve").set_defaults(run=_serve, stack="")
    return parser


def _up(options: argparse.Namespace, home: Home, console: Console) -> int:
    from rehearsal.tell import finished
    from rehearsal.up import up

    said = Console(stderr=True, soft_wrap=True) if options.json else console
    outcome = up(
        options.stack,
        home=home,
        console=said,
        image=options.image,
        overlay=options.config,
        engine=options.engine,
        faults=_faults(options.fault),
    )
    if options.json:
        print(_steps(outcome))
    else:
        finished(options.stack, outcome, home, console)
    return 0


def _faults(texts: list[str]) -> list[dict[str, Any]]:
    from rehearsal.cloud.faults import parse

    try:
        return [parse(text).model_dump() for text in texts]
    except ValueError as error:
        raise WorldError(f"--fault {error}") from None


def _preview(options: argparse.Namespace, home: Home, console: Console) -> int:
    from rehearsal.conductor.tree import tree
    from rehearsal.stack import Stack
    from rehearsal.up import obey

    said = Console(stderr=True, soft_wrap=True)
    run = Stack(options.stack, home).run(overlay=options.config, engine=options.engine)
    outcome = run.preview(lambda event: said.print(event.message, markup=False) if event.message else None, refresh=options.refresh)
    if options.json:
        print(_steps(outcome))
    else:
        console.print(tree(outcome))
    obey(outcome.violations, said)
    return 0


def _refresh(options: argparse.Namespace, home: Home, console: Console) -> int:
    from ci.progress import Progress
    from rehearsal.stack import Stack

    with Progress(console) as progress:
        Stack(options.stack, home).run().refresh(progress)
    return 0


def _around(options: argparse.Namespace, home: Home, _console: Console) -> int:
    """What GitLab runs around the program, on the rehearsed stack."""
    from rehearsal.stack import Stack
    from rehearsal.up import wait_for_answer
    from rehearsal.workspace import Workspace

    stack = Stack(options.stack, home)
    if stack.engine != "pulumi" or not home.engine(stack.name).exists():
        raise WorldError(f"there is no {stack.name} that the Pulumi CLI made; make up STACK={stack.name} ENGINE=pulumi")
    code = Workspace(stack.name, home).ci(*options.words)
    if code == 0 and options.words == ["rebuild"]:
        wait_for_answer(stack)
    return code


def _upgrade(options: argparse.Namespace, home: Home, console: Console) -> int:
    options.words = ["upgrade", *(["--window", options.window] if options.window else []), *(["--reboot"] if options.reboot else [])]
    return _around(options, home, console)


def _release(options: argparse.Namespace, home: Home, console: Console) -> int:
    from rehearsal.release import release
    from rehearsal.stack import Stack

    stack = Stack(options.stack, home)
    return release(stack, console=console, image=options.image, overlay=options.config, acknowledged=options.acknowledge)


def _rotate(options: argparse.Namespace, home: Home, console: Console) -> int:
    from ci.credentials import CredentialError
    from ci.rotation import new_value
    from rehearsal.rotation import rotate
    from rehearsal.stack import Stack

    try:
        new = new_value(options.name, stdin=options.stdin, at_random=options.random, finish=options.finish)
    except CredentialError as error:
        raise WorldError(str(error)) from None
    return rotate(Stack(options.stack, home), options.name, console=console, new=new, finish=options.finish, overlay=options.config)


def _rollback(options: argparse.Namespace, home: Home, console: Console) -> int:
    from rehearsal.release import rollback
    from rehearsal.stack import Stack

    return rollback(Stack(options.stack, home), console=console, to=options.to, overlay=options.config, force=options.force)


def _steps(outcome: object) -> str:
    from dataclasses import asdict

    from rehearsal.conductor.outcome import Outcome

    assert isinstance(outcome, Outcome)  # noqa: S101 - for the type checker, without importing it at start
    return json.dumps([asdict(step) for step in outcome.steps], indent=1)


def _status(options: argparse.Namespace, home: Home, console: Console) -> int:
    from ci.status.page import page
    from rehearsal.apis import Apis
    from rehearsal.status import reports
    from rehearsal.tell import stacks

    found = reports(home, look=options.drift)
    if options.html:
        options.html.write_text(page(found))
    if options.json:
        print(json.dumps({"cloud": Apis(home).url, "stacks": {report.stack: report.told for report in found}}, indent=1))
    else:
        stacks(found, console)
    return max((report.code for report in found), default=0)


def _logs(options: argparse.Namespace, home: Home, _console: Console) -> int:
    from rehearsal.host import Host

    follow = "--follow " if options.follow else ""
    return Host(home, options.stack).follow(f"docker service logs --raw --tail 200 {follow}{options.process}")


def _admin(options: argparse.Namespace, home: Home, console: Console) -> int:
    from rehearsal.admin import USER, make_admin
    from rehearsal.stack import Stack

    password = make_admin(options.stack, home)
    console.print(f"{Stack(options.stack, home).url}/admin/  user {USER}  password {password}", highlight=False)
    return 0


def _down(options: argparse.Namespace, home: Home, console: Console) -> int:
    from rehearsal.down import down

    down([options.stack] if options.stack else home.stacks(), home=home, console=console)
    return 0


def _clean(_options: argparse.Namespace, home: Home, console: Console) -> int:
    from rehearsal.down import clean

    clean(home=home, console=console)
    return 0


def _serve(_options: argparse.Namespace, home: Home, _console: Console) -> int:
    from rehearsal.apis import run

    run(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())
