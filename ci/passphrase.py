"""The passphrase of a stack: everything is encrypted anew, and the pipeline is given the new one."""

from dataclasses import replace
from pathlib import Path

from ci import strength
from ci.cli import Cli, CliError
from ci.cloud import token
from ci.credentials import PASSPHRASE, CredentialError
from ci.gitlab import GitLab
from ci.old_value import Trial
from ci.stack_config import StackConfig
from ci.thing import CloudError

VARIABLE = "PULUMI_CONFIG_PASSPHRASE"


def rotate(cli: Cli, new: str) -> tuple[Trial, list[str]]:
    """Change it to `new`; gives what became of the old one, and what a person has to do. Raises CredentialError before anything is touched,
    CliError where the CLI refuses."""
    if problems := strength.problems(PASSPHRASE, new, old=current(cli)):
        raise CredentialError("\n".join(f"{PASSPHRASE}: {problem}" for problem in problems))
    if "encryptionsalt:" not in (cli.folder / f"Pulumi.{cli.stack}.yaml").read_text():
        raise CredentialError(
            f"the secrets of {cli.stack} are not encrypted with a passphrase: pulumi stack change-secrets-provider --help"
        )
    config = StackConfig(cli).values()
    project, gitlab = str(config.get("site:infraProject") or ""), token(cli, "GITLAB_TOKEN", "gitlab:token")
    # It reads the new one from stdin where there is no terminal.
    cli.run("stack", "change-secrets-provider", "passphrase", stdin=f"{new}\n")
    opened = replace(
        cli, environment={name: text for name, text in cli.environment.items() if name != f"{VARIABLE}_FILE"} | {VARIABLE: new}
    )
    opened.run("config", "--show-secrets", "--json")
    todo = [f"commit Pulumi.{cli.stack}.yaml, and use the new one from now on: export {VARIABLE}=…"]
    try:
        if project and gitlab:
            GitLab(gitlab).set_variable(project, VARIABLE, new, scope=cli.stack)
        else:
            todo.append(f"set the CI variable {VARIABLE} (environment {cli.stack}, masked and hidden, protected) where the pipeline runs")
    except CloudError as error:
        todo.append(f"set the CI variable {VARIABLE} of {project} (environment {cli.stack}) by hand: {error}")
    todo += [
        "the old one still opens what was written before: history and backups of the state (.pulumi/history, .pulumi/backups and *.bak"
        " in the backend), older commits of the stack file, and copies of any of them",
        f"who may have the old one and such a copy can read every secret of before: python -m ci status --stack {cli.stack} lists them",
    ]
    return _tried(cli), todo


def current(cli: Cli) -> str | None:
    """What the environment says it is; None where it says nothing."""
    if file := cli.environment.get(f"{VARIABLE}_FILE"):
        return Path(file).read_text().strip()
    return cli.environment.get(VARIABLE)


def _tried(cli: Cli) -> Trial:
    try:
        cli.run("config", "--show-secrets", "--json")
    except CliError as error:
        refused = "incorrect passphrase" in str(error) or None
        return Trial(PASSPHRASE, refused, f"open the config with it: {'incorrect passphrase' if refused else error}")
    return Trial(PASSPHRASE, False, "open the config with it: it still opens")
