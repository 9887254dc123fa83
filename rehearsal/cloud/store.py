"""What both APIs know: one JSON file, so that the cloud is still there after its process was restarted."""

import json
import os
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

Object = dict[str, Any]
"""One thing of an API, as JSON."""


class Store:
    """Collections of objects by key, changed inside `with`:

        with store:
            store["tags"]["web"] = {"name": "web"}

    One thread at a time is inside. Leaving the outermost `with` writes the file; leaving it by an exception takes back what was
    changed inside. Never call the world inside: it may take seconds.
    """

    def __init__(self, path: Path) -> None:
        """`path`: the file, mode 0600, made at the first change."""
        self._path = path
        self._lock = RLock()
        self._depth = 0
        self._saved = path.read_text() if path.exists() else json.dumps({"last_id": 0, "collections": {}})
        self._state = json.loads(self._saved)

        self.applying = RLock()
        """Held while the world is told what follows from the state, so that no older word overtakes a newer one."""
        self.told: dict[str, object] = {}
        """What the world was last told, by subject. Not in the file: a new process tells it everything once."""

    def __enter__(self) -> Self:
        self._lock.acquire()
        self._depth += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._depth -= 1
            if self._depth == 0:
                if error:
                    self._state = json.loads(self._saved)
                else:
                    self._save()
        finally:
            self._lock.release()

    def __getitem__(self, collection: str) -> dict[str, Object]:
        """A collection by name, empty where nothing was put into it yet."""
        found: dict[str, Object] = self._state["collections"].setdefault(collection, {})
        return found

    def collections(self) -> dict[str, dict[str, Object]]:
        """All collections by name."""
        found: dict[str, dict[str, Object]] = self._state["collections"]
        return found

    def next_id(self) -> int:
        """A number that no object had before, larger than all given out so far."""
        self._state["last_id"] += 1
        number: int = self._state["last_id"]
        return number

    def _save(self) -> None:
        text = json.dumps(self._state)
        if text == self._saved:
            return
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        draft.replace(self._path)
        self._saved = text
