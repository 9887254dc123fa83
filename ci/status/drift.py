"""Whether what is really there is what the program made: looked for now, or what the daily job has told."""

from ci import config_file, gitlab_issue
from ci.cli import Cli
from ci.cloud import token
from ci.drift import LABEL, look, title
from ci.gitlab import GitLab
from ci.status.fact import Fact, State


def found(cli: Cli) -> list[Fact]:
    """Looked for now, which takes as long as a refresh. Raises CliError."""
    findings, unseen = look(cli)
    hint = f"python -m ci drift --stack {cli.stack}"
    if findings:
        value = f"{len(findings)} thing{'' if len(findings) == 1 else 's'} differ: {', '.join(map(str, findings[:3]))}"
        return [_fact(value, state="warn", hint=hint, findings=len(findings))]
    if unseen:
        return [_fact(f"unknown: {unseen[0]}", state="unknown", hint=hint)]
    return [_fact("none", findings=0)]


def told(cli: Cli) -> list[Fact]:
    """By the issue that the daily job keeps (`drift --issue`); nothing without a project for it. Raises CloudError."""
    infra = str(config_file.of(cli).get("site:infraProject") or "")
    if not infra:
        return []
    with GitLab(token(cli, "GITLAB_TOKEN", "gitlab:token")).project(infra) as project:
        issue = gitlab_issue.find(project, title=title(cli.stack), label=LABEL)
    if issue is None:
        return [_fact(f"the daily job has told of none ({infra}); --drift looks now")]
    when = f"issue #{issue.iid} of {infra}, {str(issue.updated_at)[:16].replace('T', ' ')} UTC"
    if issue.state == "closed":
        return [_fact(f"none any more since {when}; --drift looks now", issue=issue.iid)]
    return [_fact(f"the daily job has found some: {when}", state="warn", hint=f"python -m ci drift --stack {cli.stack}", issue=issue.iid)]


def _fact(value: str, *, state: State = "ok", hint: str = "", **data: int) -> Fact:
    return Fact(topic="drift", name="drift", value=value, state=state, hint=hint, data=data)
