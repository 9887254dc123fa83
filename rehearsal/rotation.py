"""`rotate` of a rehearsed stack: what the pipeline does with a real one, kept until `make down`."""

import json
import os
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from ci.cli import CliError
from ci.credentials import CONFIGURED, PASSPHRASE, CredentialError, key
from ci.host import HostError
from ci.progress import Progress
from ci.rotation import Rotation, RotationError, told
from ci.stack_config import opened
from ci.thing import CloudError
from rehearsal.cli_run import CliRun
from rehearsal.cloud.world import WorldError
from rehearsal.release import of
from rehearsal.rotated import RehearsedConfig, Rotated
from rehearsal.stack import Stack
from rehearsal.workspace import Workspace

_KEYS = ("site:generations", "site:secrets", "site:secretKeyFallbacks", *(key(name) for name in CONFIGURED))


def rotate(stack: Stack, name: str, *, console: Console, new: str, finish: bool, overlay: Path | None) -> int:
    """Rotate a secret, to `new` where somebody else gives it out; gives the exit code. Raises WorldError."""
    if not stack.exports.get("image"):
        raise WorldError(f"nothing runs on {stack.name} yet; make up STACK={stack.name}")
    if name == PASSPHRASE:
        raise WorldError("a rehearsal makes its passphrase by itself; `python -m ci rotate passphrase` is for real stacks")
    if stack.engine == "pulumi":
        return _by_the_cli(stack, name, new=new, finish=finish, overlay=overlay)
    # What asks the clouds by itself finds the stand-ins, and never a real one.
    os.environ |= Workspace(stack.name, stack.home).environment
    rotated, began = Rotated(stack.name, stack.home), time.monotonic()
    with Progress(console) as progress:
        config = RehearsedConfig(rotated, stack.settings(overlay)[1])
        try:
            rotation = Rotation(release_of=lambda: of(stack, progress, overlay), config=config, tell=progress)
            trial = rotation.run(name, new, finish=finish)
        except (CliError, CloudError, CredentialError, HostError, RotationError) as error:
            raise WorldError(str(error)) from None
    return told(trial, [], console, seconds=time.monotonic() - began)


def _by_the_cli(stack: Stack, name: str, *, new: str, finish: bool, overlay: Path | None) -> int:
    found = stack.run(overlay=overlay)
    assert isinstance(found, CliRun)  # noqa: S101 - for the type checker: it was made with this one
    cli, workspace = found.prepare(), Workspace(stack.name, stack.home)
    words = ["--finish"] if finish else ["--stdin"] if new else []
    code = workspace.ci("rotate", name, *words, stdin=new)
    known: dict[str, Any] = json.loads(cli.run("config", "--show-secrets", "--json"))
    values = {found: opened(entry.get("objectValue", entry.get("value"))) for found, entry in known.items() if found in _KEYS}
    Rotated(stack.name, stack.home).remember(
        {"site:secretKeyFallbacks": "", **values}, {found for found in values if known[found].get("secret") or found == "site:secrets"}
    )
    return code
