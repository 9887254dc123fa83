"""What was rotated in a rehearsal: config on top of the stack file's, kept until `make down`."""

import json
import os
from collections.abc import Sequence
from typing import Any

from ci.stack_config import Edit, opened
from rehearsal.home import Home


class Rotated:
    """Of one stack. `values` are whole keys; the file holds secrets in clear, for its owner only, as all generated ones are."""

    def __init__(self, stack: str, home: Home) -> None:
        self._file = home.stack(stack) / "rotated.json"

    @property
    def values(self) -> dict[str, Any]:
        return dict(self._read()["values"])

    @property
    def secret_keys(self) -> set[str]:
        return set(self._read()["secret"])

    def whole(self) -> dict[str, Any]:
        """All of it, to be put back."""
        return self._read()

    def remember(self, values: dict[str, Any], secret_keys: set[str]) -> None:
        """From now on these are so."""
        known = self._read()
        self.put_back({"values": {**known["values"], **values}, "secret": sorted({*known["secret"], *secret_keys})})

    def put_back(self, whole: dict[str, Any]) -> None:
        """This and nothing else."""
        with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(whole, file)

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {"values": {}, "secret": []}
        return found


class RehearsedConfig:
    """A stack of the conductor, as `ci.stack_config.Config`; `composed` is its whole config as texts."""

    def __init__(self, rotated: Rotated, composed: dict[str, str]) -> None:
        self._rotated, self._composed = rotated, composed
        self._before = rotated.whole()

    def values(self) -> dict[str, Any]:
        return {key: opened(text) for key, text in self._composed.items()} | self._rotated.values

    def apply(self, edits: Sequence[Edit]) -> None:
        for edit in edits:
            key, _, name = edit.path.partition(".")
            value: Any = "" if edit.value is None else edit.value
            if name:
                value = {**(self.values().get(key) or {}), **self._rotated.values.get(key, {}), name: value}
            self._rotated.remember({key: value}, {key} if edit.secret else set())

    def restore(self) -> None:
        self._rotated.put_back(self._before)
