"""A rehearsed stack run by the Pulumi CLI, as `rehearsal.conductor.run.Run` is by the conductor."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ci import config_file
from ci.advice import explain
from ci.cli import Cli, CliError
from ci.events import Event, Tell
from ci.preview.foresight import Foresight
from ci.teller import Teller
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.step import Op, Step

_OPS = {"same": Op.SAME, "create": Op.CREATE, "update": Op.UPDATE, "delete": Op.DELETE, "create-replacement": Op.REPLACE}


def _silence(_event: Event) -> None:
    return None


class CliRun:
    """One stack under the CLI. Each call raises ConductorError with what the engine said where it fails."""

    def __init__(self, prepare: Callable[[], Cli]) -> None:
        """`prepare` brings the workspace up to date and gives its CLI."""
        self.prepare = prepare

    def up(self, on_event: Tell = _silence, *, replace: str = "") -> Outcome:
        """Make what the program declares; `replace` is the URN of a resource to make anew."""
        return self._run(on_event, "up", "--yes", "--skip-preview", *(["--replace", replace] if replace else []))

    def preview(self, on_event: Tell = _silence, *, refresh: bool = False) -> Outcome:
        """What `up` would do; `refresh` asks first what is really there."""
        cli, teller, reader = self.prepare(), Teller(on_event), _Reader()
        try:
            seen = Foresight.of(cli, *(["--refresh"] if refresh else []), config=config_file.of(cli))
        except CliError as error:
            raise ConductorError(explain(str(error), cli.stack)) from None
        for raw in seen.events:
            teller(raw)
            reader(raw)
        return replace(reader.outcome(), violations=list(seen.violations))

    def refresh(self, on_event: Tell = _silence) -> Outcome:
        """Take into the state what is really there."""
        return self._run(on_event, "refresh", "--yes", "--skip-preview")

    def down(self, on_event: Tell = _silence) -> Outcome:
        """Destroy everything. What is protected goes too: a rehearsal has nothing to lose."""
        self.prepare().run("state", "unprotect", "--all", "--yes")
        return self._run(on_event, "destroy", "--yes", "--skip-preview")

    def _run(self, on_event: Tell, *words: str) -> Outcome:
        cli, teller, reader = self.prepare(), Teller(on_event), _Reader()
        try:
            for raw in cli.stream(*words):
                teller(raw)
                reader(raw)
        except CliError as error:
            raise ConductorError(explain(str(error), cli.stack)) from None
        return reader.outcome()


class _Reader:
    """Makes an outcome of a stream of events."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._components: dict[str, str] = {}
        self._exports: dict[str, Any] = {}

    def __call__(self, raw: dict[str, Any]) -> None:
        if "resourcePreEvent" in raw:
            self._began(raw["resourcePreEvent"]["metadata"])
        if "resOutputsEvent" in raw and raw["resOutputsEvent"]["metadata"]["type"] == "pulumi:pulumi:Stack":
            self._exports = (raw["resOutputsEvent"]["metadata"].get("new") or {}).get("outputs", {})

    def _began(self, metadata: dict[str, Any]) -> None:
        op, urn = _OPS.get(metadata["op"]), metadata["urn"]
        state = metadata.get("new") or metadata.get("old") or {}
        if op is None or "::default" in urn:
            return
        if not state.get("custom"):
            self._components[urn] = state.get("parent", "")
            return
        self._steps.append(
            Step(
                urn=urn,
                type=metadata["type"],
                name=urn.rpartition("::")[2],
                parent=state.get("parent", ""),
                op=op,
                properties=tuple(metadata.get("diffs") or ()),
            )
        )

    def outcome(self) -> Outcome:
        secret = [name for name, value in self._exports.items() if isinstance(value, dict) and "ciphertext" in value]
        return Outcome(steps=self._steps, exports=self._exports, secret_exports=secret, components=self._components)
