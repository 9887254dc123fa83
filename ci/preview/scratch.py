"""A scratch world for the Pulumi CLI: a stack of this program with given config and state, in a folder that is gone afterwards.

Nothing in it can reach anything real: its state is a file, its passphrase random, and tokens are not handed on.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ci.cli import Cli

_KEPT = ("PULUMI_HOME", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION")
"""Where plugins lie, and whether missing ones may be fetched: all that is taken over of PULUMI_*."""
_DROPPED = ("PULUMI_", "AWS_", "SPACES_", "SSH_")


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """`cli` is the CLI in it."""

    cli: Cli

    def load(self, state: dict[str, Any]) -> None:
        """Make an export, with its secrets in clear, the stack's state. Raises CliError."""
        salt = yaml.safe_load((self.cli.folder / f"Pulumi.{self.cli.stack}.yaml").read_text())["encryptionsalt"]
        provider = {"type": "passphrase", "state": {"salt": salt}}
        self.cli.replace_state({**state, "deployment": {**state["deployment"], "secrets_providers": provider}})


@contextmanager
def scratch(
    checkout: Path, stack: str, *, config: Mapping[str, Any], hidden: Mapping[str, str], state: dict[str, Any]
) -> Iterator[Scratch]:
    """A world with the program of `checkout`. `config` are the values of its stack file, `hidden` those that are encrypted in it, by path;
    `state` is what `load` takes. Raises CliError."""
    with tempfile.TemporaryDirectory(prefix="scratch-") as root:
        project = Path(root, "project")
        project.mkdir()
        file = f"Pulumi.{stack}.yaml"
        for entry in checkout.iterdir():
            if entry.name not in (file, ".git"):
                (project / entry.name).symlink_to(entry.absolute())
        (project / file).write_text(yaml.safe_dump({"config": dict(config)}))
        made = Scratch(cli=Cli(stack=stack, folder=project, environment=_environment(Path(root, "state"))))
        made.cli.run("stack", "init", "--no-select")
        if hidden:
            # On the command line: these are no secrets, only what stands for them, and so it is one call.
            words = [word for path, text in hidden.items() for word in ("--secret", f"{path}={text}")]
            made.cli.run("config", "set-all", "--path", *words)
        made.load(state)
        yield made


def _environment(state: Path) -> dict[str, str]:
    """Of this process, without what a stack of its own has instead."""
    state.mkdir()
    found = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not (name.startswith(_DROPPED) or name.endswith(("TOKEN", "PASSWORD", "KEY")))
    }
    passphrase = secrets.token_hex(24)
    return {**found, "PULUMI_BACKEND_URL": f"{state.as_uri()}?metadata=skip", "PULUMI_CONFIG_PASSPHRASE": passphrase}
