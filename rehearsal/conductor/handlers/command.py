"""Shell commands on this machine."""

import os
import subprocess
import uuid
from typing import ClassVar

from rehearsal.conductor.errors import ConductorError, Unreachable
from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.properties import Properties

_LAST_LINES = 20
_SSH_FAILED = 255
"""What ssh exits with when it has no connection, whatever the command is."""


class LocalCommand(Handler):
    """`command.local.Command`. A killed run leaves no trace of whether its command ran: the next one runs `create` again."""

    type: ClassVar = "command:local:Command"
    accepts: ClassVar = frozenset(
        {"create", "update", "delete", "stdin", "environment", "triggers", "interpreter", "dir", "logging", "addPreviousOutputInEnv"}
    )
    replaces: ClassVar = frozenset({"triggers"})
    replaceable: ClassVar = True
    gives: ClassVar = frozenset({"stdout", "stderr"})
    fresh: ClassVar = gives

    def create(self, inputs: Properties) -> Made:
        return Made(f"create-{uuid.uuid4().hex[:12]}", _run(inputs.get("create", ""), inputs, {}))

    def update(self, old: Existing, new: Properties) -> Properties:
        return _run(new.get("update") or new.get("create", ""), new, old.outputs)

    def delete(self, old: Existing) -> None:
        _run(old.inputs.get("delete", ""), old.inputs, old.outputs)


def _run(command: str, inputs: Properties, previous: Properties) -> Properties:
    """Run one command; `previous` outputs are in its environment, as the provider puts them there."""
    if not command:
        return previous or {"stdout": "", "stderr": ""}
    environment = {**os.environ, **inputs.get("environment", {})}
    if previous and inputs.get("addPreviousOutputInEnv", True):
        environment |= {"PULUMI_COMMAND_STDOUT": previous["stdout"], "PULUMI_COMMAND_STDERR": previous["stderr"]}
    done = subprocess.run(
        [*inputs.get("interpreter", ["/bin/sh", "-c"]), command],
        input=inputs.get("stdin", ""),
        env=environment,
        cwd=inputs.get("dir"),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()[-_LAST_LINES:]
        message = "\n".join([f"the command exited with {done.returncode}", *lines])
        raise (Unreachable if done.returncode == _SSH_FAILED else ConductorError)(message)
    return {"stdout": done.stdout.removesuffix("\n"), "stderr": done.stderr.removesuffix("\n")}


KINDS: tuple[type[Handler], ...] = (LocalCommand,)
