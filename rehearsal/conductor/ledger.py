"""What a rehearsal has made: one JSON file per stack, written whole after each step."""

import dataclasses
import json
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class State(StrEnum):
    CREATING = "creating"
    """Begun: written before the effect, so that the run after a killed one can look for what was made."""
    DONE = "done"
    DELETING = "deleting"
    """To be deleted: no longer declared, or the old half of a replacement."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One physical thing. `inputs` are resolved and hold the chosen name; `outputs` are what only its maker knew."""

    urn: str
    type: str
    sequence: int
    """Order of creation within the ledger; names the entry, because the two halves of a replacement share an URN."""
    state: State
    inputs: dict[str, Any]
    id: str | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    """Names of the input and output properties that are secret."""
    parent: str = ""
    provider: str = ""
    """URN of the explicit provider, `""` for a default one."""
    dependencies: list[str] = field(default_factory=list)
    deleted_with: str = ""
    retain: bool = False

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rsplit("::", 1)[1]

    @property
    def needs(self) -> set[str]:
        """URNs of all that must outlive it."""
        return {*self.dependencies, self.provider, self.parent} - {""}


class Ledger:
    """Entries by sequence number, safe to use from several threads. The file holds secrets in clear and is 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        self._last: int = known.get("last", 0)
        self._exports: dict[str, Any] = known.get("exports", {})
        self._entries = {raw["sequence"]: Entry(**{**raw, "state": State(raw["state"])}) for raw in known.get("entries", [])}

    @property
    def entries(self) -> list[Entry]:
        """All entries in order of creation."""
        with self._lock:
            return [self._entries[sequence] for sequence in sorted(self._entries)]

    @property
    def exports(self) -> dict[str, Any]:
        """What the program exported when it last ran to its end."""
        return dict(self._exports)

    def current(self, urn: str) -> Entry | None:
        """The living half of a resource."""
        return self._last_of(urn, State.DONE)

    def unfinished(self, urn: str) -> Entry | None:
        """A creation that no run has seen the end of."""
        return self._last_of(urn, State.CREATING)

    def next_sequence(self) -> int:
        with self._lock:
            self._last += 1
            return self._last

    def put(self, *entries: Entry) -> None:
        """Write these entries, all or none."""
        with self._lock:
            self._entries |= {entry.sequence: entry for entry in entries}
            self._write()

    def remove(self, entry: Entry) -> None:
        with self._lock:
            del self._entries[entry.sequence]
            self._write()

    def export(self, exports: dict[str, Any]) -> None:
        with self._lock:
            self._exports = exports
            self._write()

    def _last_of(self, urn: str, state: State) -> Entry | None:
        return next((entry for entry in reversed(self.entries) if entry.urn == urn and entry.state is state), None)

    def _write(self) -> None:
        entries = [dataclasses.asdict(self._entries[sequence]) for sequence in sorted(self._entries)]
        text = json.dumps({"last": self._last, "exports": self._exports, "entries": entries}, indent=1)
        beside = self._path.with_suffix(".new")
        beside.touch(mode=0o600)
        beside.write_text(text)
        beside.replace(self._path)
