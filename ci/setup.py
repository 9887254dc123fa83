"""`setup`: what GitLab has to know for the pipeline to run as it should, and no resource of the program can say.

It is looked up first and changed only where it is not so: running it again changes nothing.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gitlab import GitlabGetError
from gitlab.v4.objects import Project
from rich.console import Console
from rich.markup import escape

from ci import config_file
from ci.cli import Cli
from ci.cloud import token
from ci.gitlab import GitLab
from ci.passphrase import VARIABLE, current
from ci.registry_tags import DEPLOYED, keeps, widened
from ci.thing import CloudError
from infra.masking import maskable

Outcome = Literal["made", "changed", "kept", "waits"]
WAITS = 4
"""The exit code where something can't be set up yet."""
ORDER = "oldest_first"
"""GitLab's default is `unordered`: an older release could come after a newer one (https://docs.gitlab.com/ci/resource_groups/)."""
CLEANUP = {"enabled": True, "cadence": "1d", "keep_n": 10, "older_than": "14d", "name_regex": "[0-9a-f]{8,64}", "name_regex_keep": DEPLOYED}
"""The policy where a team has none: only what is tagged by a commit goes, so that versions and caches stay."""
SCHEDULES = {"drift": ("17 4 * * *", "daily"), "checks": ("47 4 * * 1", "weekly")}
"""By description: when (UTC), and the input `schedule` of its pipelines. Variables of schedules can be set by nobody in GitLab.com's new
groups (`set_pipeline_variables` in lib/api/ci/pipeline_schedules.rb), inputs can."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing, and what became of it."""

    thing: str
    outcome: Outcome
    note: str = ""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Set it up; gives the exit code. Raises CloudError, CliError."""
    steps = set_up(cli)
    if options.json:
        print(json.dumps([asdict(step) for step in steps]))
    for step in [] if options.json else steps:
        sign = "[yellow]![/yellow]" if step.outcome == "waits" else "[green]✓[/green]"
        word = "as it should be" if step.outcome == "kept" else step.outcome
        console.print(sign, escape(f"{step.thing}: {': '.join(filter(None, (word, step.note)))}"), highlight=False)
    return WAITS if any(step.outcome == "waits" for step in steps) else 0


def set_up(cli: Cli) -> list[Step]:
    """All of it. Raises CloudError where GitLab refuses, or there is no project to set up; CliError for a wrong passphrase."""
    config = config_file.of(cli)
    infra, app = (str(config.get(f"site:{key}") or "") for key in ("infraProject", "appProject"))
    if not infra:
        raise CloudError("site:infraProject is empty, so there is no pipeline to set up: pulumi config set site:infraProject GROUP/PROJECT")
    gitlab = GitLab(token(cli, "GITLAB_TOKEN", "gitlab:token"))
    steps = []
    with gitlab.project(infra) as project:
        steps.append(_order(project, cli.stack))
        steps += [_schedule(project, description, *values) for description, values in SCHEDULES.items()]
        steps.append(_passphrase(project, lambda value: gitlab.set_variable(infra, VARIABLE, value, scope=cli.stack), cli))
    if app and config.get("site:registry", "gitlab") == "gitlab":
        with gitlab.project(app) as project:
            steps.append(_cleanup(project, cli.stack))
    return steps


def _order(project: Project, stack: str) -> Step:
    thing = f"resource group {stack}"
    try:
        group = project.resource_groups.get(stack)
    except GitlabGetError as error:
        if error.response_code != 404 or "Project" in str(error):
            raise
        note = f"GitLab makes it when the first job of {stack} runs; after that: python -m ci setup --stack {stack}"
        return Step(thing=thing, outcome="waits", note=note)
    if group.process_mode == ORDER:
        return Step(thing=thing, outcome="kept")
    project.resource_groups.update(stack, {"process_mode": ORDER})
    return Step(thing=thing, outcome="changed", note=f"{group.process_mode} -> {ORDER}")


def _schedule(project: Project, description: str, cron: str, which: str) -> Step:
    """The oldest one of this description, or a new one."""
    thing, value = f"schedule {description}", {"name": "schedule", "value": which}
    wanted: dict[str, Any] = {"ref": "refs/heads/main", "cron": cron, "cron_timezone": "UTC", "active": True}
    every = [found for found in project.pipelineschedules.list(iterator=True) if found.description == description]
    if not every:
        project.pipelineschedules.create({"description": description, **wanted, "inputs": [value]})
        return Step(thing=thing, outcome="made", note=f"{which}, {cron} UTC")
    found = project.pipelineschedules.get(min(one.id for one in every))
    wrong = [name for name, right in wanted.items() if getattr(found, name) != right]
    wrong += [] if value in [{"name": one["name"], "value": one["value"]} for one in found.inputs] else ["inputs"]
    if not wrong:
        return Step(thing=thing, outcome="kept")
    found.take_ownership()  # nobody else may change it
    project.pipelineschedules.update(found.id, {**wanted, "inputs": [value]})
    return Step(thing=thing, outcome="changed", note=", ".join(wrong))


def _passphrase(project: Project, give: Callable[[str], None], cli: Cli) -> Step:
    """Never overwritten: `rotate` changes it together with what it opens."""
    thing = f"CI variable {VARIABLE}"
    if "encryptionsalt:" not in (cli.folder / f"Pulumi.{cli.stack}.yaml").read_text():
        return Step(thing=thing, outcome="kept", note=f"none, as no passphrase opens the secrets of {cli.stack}")
    for found in project.variables.list(iterator=True):
        if (found.key, found.environment_scope) == (VARIABLE, cli.stack):
            if found.protected and found.masked:
                return Step(thing=thing, outcome="kept")
            project.variables.update(VARIABLE, {"protected": True, "masked": True}, filter={"environment_scope": cli.stack})
            return Step(thing=thing, outcome="changed", note="protected and masked")
    value = current(cli)
    if not value:
        return Step(thing=thing, outcome="waits", note=f"export {VARIABLE}=…; python -m ci setup --stack {cli.stack}")
    cli.run("config", "--show-secrets", "--json")  # a wrong one fails here, and not in the pipeline
    if not maskable(value):
        note = f"GitLab can't mask it (8 characters or more, no white space): python -m ci rotate passphrase --stack {cli.stack} --stdin"
        return Step(thing=thing, outcome="waits", note=note)
    give(value)
    return Step(thing=thing, outcome="made", note=f"environment {cli.stack}, masked and hidden, protected")


def _cleanup(project: Project, stack: str) -> Step:
    thing = "cleanup policy of the registry"
    projects: Any = project.manager
    found = projects.get(project.get_id())
    policy = found.attributes.get("container_expiration_policy") or {}
    keep = policy.get("name_regex_keep") or ""
    if policy.get("enabled") and keeps(keep, stack):
        return Step(thing=thing, outcome="kept")
    change = {"name_regex_keep": widened(keep)} if policy.get("enabled") else CLEANUP
    projects.update(found.id, {"container_expiration_policy_attributes": change})
    return Step(thing=thing, outcome="changed" if policy.get("enabled") else "made", note=f"keeps {change['name_regex_keep']}")
