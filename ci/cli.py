"""The Pulumi CLI on one stack of this program."""

import json
import os
import re
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_RUNNING = re.compile(r'(?<=: )running "(?:[^"\\]|\\.)*":\s*')
_AROUND = re.compile(r"^sdk-v2/\S+ sdk\.helper_schema: |: provider=\S+$")


class CliError(Exception):
    """A command failed. `str()` is what to tell people: what the engine said of each resource, or the end of its output."""


@dataclass(frozen=True, kw_only=True)
class Cli:
    """`pulumi` as a person would call it in `folder`, with `environment` (the whole of it)."""

    stack: str
    folder: Path = field(default_factory=Path.cwd)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def run(self, *words: str, stdin: str = "") -> str:
        """Run a command to its end and give its stdout. Raises CliError."""
        try:
            done = subprocess.run(
                self._command(*words), cwd=self.folder, env=self._environment, input=stdin, capture_output=True, text=True
            )
        except FileNotFoundError:
            raise CliError("there is no `pulumi` on PATH: https://www.pulumi.com/docs/install/") from None
        if done.returncode:
            raise CliError(f"pulumi {words[0]}: {(done.stderr.strip() or done.stdout.strip())[-3000:]}")
        return done.stdout

    def stream(self, *words: str) -> Iterator[dict[str, Any]]:
        """Run `up`, `preview`, `refresh` or `destroy` and give the engine's events as they come.

        They are those of the CLI's `--json` (apitype.EngineEvent). Raises CliError at the end where the command failed.
        """
        told: list[str] = []
        last: deque[str] = deque(maxlen=20)
        with subprocess.Popen(
            [*self._command(*words), "--json"],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None  # noqa: S101 - for the type checker
            for line in process.stdout:
                if not line.startswith('{"sequence"'):
                    last.append(line)
                    continue
                event: dict[str, Any] = json.loads(line)
                if message := error(event):
                    told.append(message)
                yield event
        if process.returncode:
            # The last error of a failed update is only that it failed.
            named = [message for message in dict.fromkeys(told) if message != "update failed"]
            raise CliError("\n".join(named) or "".join(last).strip() or f"pulumi {words[0]} ended with {process.returncode}")

    def export(self) -> dict[str, Any]:
        """The state, with secrets encrypted."""
        state: dict[str, Any] = json.loads(self.run("stack", "export"))
        return state

    def replace_state(self, state: dict[str, Any]) -> None:
        """Put an edited export in place of the state."""
        self.run("stack", "import", stdin=json.dumps(state))

    @property
    def _environment(self) -> dict[str, str]:
        return {**self.environment, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true", "PULUMI_SKIP_UPDATE_CHECK": "true"}

    def _command(self, *words: str) -> list[str]:
        return ["pulumi", "--non-interactive", "--color=never", *words, f"--stack={self.stack}"]


def error(event: dict[str, Any]) -> str:
    """What an event tells of a failure, with the resource's name; empty for any other event."""
    told = event.get("diagnosticEvent", {})
    if told.get("severity") != "error":
        return ""
    name = told.get("urn", "").rpartition("::")[2]
    return f"{name}: {short(told['message'])}" if name else short(told["message"])


def is_real(metadata: dict[str, Any]) -> bool:
    """Whether a step is of a resource of its own: no component, and no provider that the engine makes by itself."""
    state = metadata.get("new") or metadata.get("old") or {}
    return bool(state.get("custom")) and "::default" not in metadata["urn"]


def short(message: str) -> str:
    """Without the text of the command that failed, which may be a whole script (pulumi-command: `exit status 1: running "…":`), and
    without what providers of Terraform's write around a cause, which they tell twice."""
    plain = _RUNNING.sub("", message.strip(), count=1)
    return _AROUND.sub("", plain.rpartition("\t* ")[2] if " occurred:" in plain else plain)
