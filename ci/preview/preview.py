"""`preview`: what a merge request would do to a stack, with no token, no key and no secret: against its preview bundle."""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ci.cli import Cli, CliError
from ci.preview import merge_request, note, packages
from ci.preview.effects import Effect
from ci.preview.outlook import Outlook, report
from ci.preview.preview_bundle import FILE, Bundle, BundleError
from ci.thing import CloudError

TO_DO = 4
"""The exit code where there is no bundle yet."""
SHUT = 3
"""And where a person has to decide first."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes besides the stack."""
    parser.add_argument("--image", default="", metavar="DIGEST", help="REPOSITORY@sha256:… (default: what runs)")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="the bundle, in place of the one in the project's package registry")
    parser.add_argument("--note-file", type=Path, metavar="FILE", help="write the note there, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there as JSON")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write GitLab's artifacts:reports:terraform there")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Preview, tell, and give the exit code. Raises BundleError, CliError, CloudError."""
    content = options.bundle.read_bytes() if options.bundle else packages.get(cli.stack, FILE)
    if content is None:
        console.print(f"there is no preview bundle of {cli.stack} yet: the pipeline of main makes it after its next `up`", highlight=False)
        return TO_DO
    bundle = Bundle.read(content)
    if bundle.stack != cli.stack:
        raise BundleError(f"that is the bundle of {bundle.stack}, not of {cli.stack}")
    try:
        outlook = Outlook.of(bundle, cli, image=options.image)
    except CliError as error:
        _tell(note.failed(cli.stack, str(error)), options, console)
        raise
    if options.json:
        options.json.write_text(json.dumps(outlook.told(), indent=1))
    if options.report:
        options.report.write_text(json.dumps(report(outlook)))
    _print(outlook, console)
    _tell(note.render(outlook), options, console)
    return SHUT if outlook.shut else 0


def _print(outlook: Outlook, console: Console) -> None:
    console.print(note.summary(outlook).replace("**", ""), highlight=False)
    for impact in outlook.impacts:
        if impact.effect > Effect.NOTHING:
            colour = "red" if impact.effect >= Effect.DOWNTIME else "yellow"
            causes = f" ({', '.join(impact.causes[:3])})" if impact.causes else ""
            console.print(
                f"[{colour}]{impact.effect.word}[/{colour}]", escape(f"{impact.change.name}: {impact.sentence}{causes}"), highlight=False
            )
    for violation in outlook.violations:
        sign, then = ("[yellow]![/yellow]", f"allowed: {violation.allowed}") if violation.allowed else ("[red]✗[/red]", violation.mend)
        console.print(sign, escape(f"{violation} ({then})"), highlight=False)
    console.print("[red]✗[/red]" if outlook.gate.shut else "[green]✓[/green]", str(outlook.gate), highlight=False)


def _tell(text: str, options: argparse.Namespace, console: Console) -> None:
    """A note that can't be put on the merge request does not hide what the preview found."""
    if options.note_file:
        options.note_file.write_text(text)
    if merge_request.can_be_told():
        try:
            merge_request.tell(text)
        except CloudError as error:
            console.print("[yellow]![/yellow]", escape(str(error)), highlight=False)
