"""A rehearsed stack under the real Pulumi CLI, as the tests drive it."""

import contextlib
import dataclasses
import json
import re
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

from ci.events import Event
from rehearsal.apis import Apis
from rehearsal.cli_run import CliRun
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.outcome import Outcome
from rehearsal.stackfile import Config
from rehearsal.workspace import Workspace

Fault = dict[str, Any]
LIMIT = 240
"""Seconds for a run; the longest is the first `up`, with about one minute."""


class Driven:
    """`said` is everything that runs told, with all that the CLI wrote beside it."""

    def __init__(self, workspace: Workspace, config: Config) -> None:
        self.workspace = workspace
        self.config = config
        self.said = ""

    @property
    def apis(self) -> Apis:
        return Apis(self.workspace.home)

    def set(self, key: str, value: object) -> None:
        """Give a key of the config another value."""
        values = self.config.values | {key: value if isinstance(value, str) else json.dumps(value)}
        self.config = dataclasses.replace(self.config, values=values)

    def get(self, key: str) -> Any:
        """A structured value of the config."""
        return json.loads(self.config.values[key])

    def up(self) -> dict[str, int]:
        """Resources by what was done to them: create, update, same …"""
        return counts(self._run.up(self._hear))

    def replace(self, urn: str) -> None:
        """Make a resource anew."""
        self._run.up(self._hear, replace=urn)

    def preview(self) -> Outcome:
        """What an `up` would do."""
        return self._run.preview(self._hear)

    def preview_after_refresh(self) -> dict[str, int]:
        """The same, once it is asked what is really there."""
        return counts(self._run.preview(self._hear, refresh=True))

    def destroy(self) -> dict[str, int]:
        return counts(self._run.down(self._hear))

    def fails(self) -> str:
        """The message of an `up` that has to fail."""
        try:
            self._run.up(self._hear)
        except ConductorError as error:
            return str(error)
        raise AssertionError("the `up` ended well")

    def ci(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m ci …` on the stack."""
        command = [sys.executable, "-m", "ci", *words, "--stack", self.workspace.stack]
        folder, environment = self.workspace.folder, self.workspace.environment
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT)
        self.said += done.stdout + done.stderr
        return done

    def resources(self) -> list[dict[str, Any]]:
        """The state's resources, with secrets in clear."""
        found: list[dict[str, Any]] = json.loads(self.workspace.cli.run("stack", "export", "--show-secrets"))["deployment"]["resources"]
        return found

    @contextlib.contextmanager
    def begun(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        """A command of the CLI that goes on meanwhile, in a session of its own; it is ended, or waited for, at the end."""
        cli = self.workspace.prepare(self.config)
        command = ["pulumi", "--non-interactive", "--color=never", *words, "--stack", cli.stack, "--json"]
        with subprocess.Popen(
            command,
            cwd=cli.folder,
            env={**cli.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.communicate(timeout=LIMIT)

    def wait_until_a_fault_strikes(self) -> list[Fault]:
        """The faults that have."""
        deadline = time.monotonic() + LIMIT
        while not (struck := self.fired()):
            assert time.monotonic() < deadline, "no fault has struck"
            time.sleep(0.05)
        return struck

    def fault(self, *faults: Fault) -> None:
        """Switch faults of the stand-ins on, in place of those before; none: all off."""
        self.apis.fault(list(faults))

    def delete(self, path: str) -> None:
        """Delete something through DigitalOcean's API, as by hand."""
        headers = {"Authorization": f"Bearer {self.apis.token}", "Connection": "close"}
        context = ssl.create_default_context(cafile=str(self.apis.ca))
        httpx.delete(f"{self.apis.url}{path}", headers=headers, verify=context, timeout=30).raise_for_status()

    def fired(self) -> list[Fault]:
        """The faults that have struck."""
        return [fault for fault in self.apis.ask("GET", "faults").json() if fault["fired"]]

    def calls(self) -> list[dict[str, Any]]:
        """What the stand-ins were asked since they began, or since `forget_calls`."""
        found: list[dict[str, Any]] = self.apis.ask("GET", "calls").json()["calls"]
        return found

    def forget_calls(self) -> None:
        self.apis.ask("DELETE", "calls")

    @property
    def _run(self) -> CliRun:
        return CliRun(lambda: self.workspace.prepare(self.config))

    def _hear(self, event: Event) -> None:
        self.said += f"{event.message}\n"


def found(pattern: str, text: str) -> str:
    """The first group of the pattern, which has to be in the text."""
    match = re.search(pattern, text)
    assert match, text
    return str(match[1])


def counts(outcome: Outcome) -> dict[str, int]:
    return dict(Counter(step.op.value for step in outcome.steps))
