"""`drift`: whether what is really there is what the program made. It is told, and never repaired from here."""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

from ci import config_file, gitlab_issue, hand_made
from ci.cli import Cli
from ci.cloud import Cloud, token
from ci.deployment import PulumiDeployment
from ci.finding import KINDS, Finding
from ci.gitlab import GitLab
from ci.hand_made import Variables
from ci.host import Host, HostError
from ci.mask import Mask
from ci.refreshed import refreshed
from ci.runner import Access
from ci.state import State
from ci.thing import CloudError

DRIFT = 4
"""The exit code where there is any."""
LABEL = "drift"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--issue", action="store_true", help="tell it in one issue of the infraProject, closed when it is gone")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def title(stack: str) -> str:
    """Of the issue that tells of a stack's drift."""
    return f"Drift: {stack}"


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Look, and tell; gives the exit code: 4 drift, 1 not everything could be looked at, 0 none. Raises CliError, CloudError."""
    findings, unseen = look(cli)
    told = _report(cli, findings, unseen) if options.issue else ""
    if options.json:
        print(json.dumps({"findings": [asdict(found) for found in findings], "unseen": unseen, "issue": told}))
    else:
        _print(findings, unseen, cli.stack, console)
        if told:
            console.print(told, highlight=False)
    return DRIFT if findings else 1 if unseen else 0


def look(cli: Cli) -> tuple[list[Finding], list[str]]:
    """What was found, and what could not be looked at. Raises CliError where there is no state."""
    state, config = State(cli.export()), config_file.of(cli)
    findings, told = refreshed(cli)
    unseen = [told] if told else []

    def add(more: Callable[[], Iterable[Finding]]) -> None:
        try:
            findings.extend(more())
        except (CloudError, HostError) as error:
            unseen.append(str(error))

    cloud = Cloud.of(cli, state)
    infra, app = (str(config.get(f"site:{key}") or "") for key in ("infraProject", "appProject"))
    variables = Variables(stack=cli.stack, infra=infra, app=app)
    if address := state.outputs.get("host"):
        host = Host(address=str(address), key=str(state.outputs["hostKey"]), environment=cli.environment)
        add(lambda: hand_made.on_host(host, state))
    add(lambda: variables.unknown(cloud.gitlab, state))
    add(lambda: hand_made.in_clouds(cloud, Access.of(cli), state))
    return findings, _masked(cli, unseen)


def _masked(cli: Cli, lines: list[str]) -> list[str]:
    """What failed is told in words of others, which an issue shows to all members of a project."""
    mask = Mask()
    if lines:
        mask.learn(PulumiDeployment(cli).secrets())
    return [mask(line) for line in lines]


def _print(findings: list[Finding], unseen: list[str], stack: str, console: Console) -> None:
    for kind in KINDS:
        group = [found for found in findings if found.kind == kind]
        if group:
            console.print(f"[yellow]{kind}[/yellow]")
        for found in group:
            console.print(escape(f"  {found}{f': {found.mend}' if found.mend else ''}"), highlight=False)
    for line in unseen:
        console.print("[red]could not look:[/red]", escape(line), highlight=False)
    if any(not found.mend for found in findings):
        console.print(escape(_advice(stack)), highlight=False)
    if not findings and not unseen:
        console.print("[green]✓[/green] no drift", highlight=False)


def _advice(stack: str) -> str:
    """`up` alone compares the program with the state, which knows nothing of it yet."""
    return f"Put it back: pulumi refresh --yes --stack {stack}; python -m ci up --stack {stack}; or let the config say what it is now"


def _report(cli: Cli, findings: list[Finding], unseen: list[str]) -> str:
    """Gives what was done with the issue. One about what was found stays open while not everything can be looked at. Raises CloudError."""
    infra = str(config_file.of(cli).get("site:infraProject") or "")
    if not infra:
        raise CloudError("site:infraProject is empty, so there is no project for the issue; leave out --issue")
    if unseen and not findings:
        return "issue left as it is, since not everything could be looked at"
    with GitLab(token(cli, "GITLAB_TOKEN", "gitlab:token")).project(infra) as project:
        text = text_of(findings, unseen, cli.stack) if findings else ""
        outcome, number = gitlab_issue.report(project, title=title(cli.stack), label=LABEL, text=text)
    return f"issue #{number} of {infra}: {outcome}" if number else ""


def text_of(findings: list[Finding], unseen: list[str], stack: str) -> str:
    """What the issue says, in Markdown. No time is in it, so that it changes only when the drift does."""
    lines = [f"What is really there is not what the program made of `{stack}`. Nothing is repaired by itself."]
    for kind in KINDS:
        group = [found for found in findings if found.kind == kind]
        lines += ["", f"**{kind.capitalize()}**", ""] if group else []
        lines += [f"- {found}" + (f"\n  `{found.mend}`" if found.mend else "") for found in group]
    if any(not found.mend for found in findings):
        lines += ["", _advice(stack) + "."]
    lines += ["", "Could not be looked at:", "", *(f"- {line}" for line in unseen)] if unseen else []
    return "\n".join(lines)
