"""The engine's events as what people are told: what began, what ended after how many seconds, what failed."""

import time
from typing import Any

from ci.cli import error, is_real
from ci.events import Event, Tell
from infra.deploy_check import CHECK
from infra.rollout import RUNS

_OPS = {"create": "create", "update": "update", "delete": "delete", "create-replacement": "replace", "delete-replaced": "delete"}


class Teller:
    """Give it each event of a stream."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._since: dict[tuple[str, str], float] = {}
        self._checked: list[str] = []
        """What a check says: told when it has ended. That of one that fails is in its failure."""

    def __call__(self, raw: dict[str, Any]) -> None:
        for key in ("resourcePreEvent", "resOutputsEvent"):
            if key in raw and (op := _OPS.get(raw[key]["metadata"]["op"])) and is_real(raw[key]["metadata"]):
                self._step(raw[key]["metadata"], op, ended=key == "resOutputsEvent")
        told = raw.get("diagnosticEvent", {})
        if message := error(raw):
            self._tell(Event(kind="failed", urn=told.get("urn", ""), message=message))
        elif told.get("severity") == "warning":
            self._tell(Event(kind="said", message=told["message"].strip()))
        elif told.get("severity") == "info" and told.get("urn", "").endswith((RUNS, CHECK)) and (message := told["message"].strip()):
            if told["urn"].endswith(CHECK):
                self._checked.append(message)
            else:
                self._tell(Event(kind="said", urn=told["urn"], message=message))

    def _step(self, metadata: dict[str, Any], op: str, *, ended: bool) -> None:
        now, urn = time.monotonic(), str(metadata["urn"])
        if ended and urn.endswith(CHECK) and self._checked:
            self._tell(Event(kind="said", urn=urn, message="\n".join(self._checked)))
            self._checked.clear()
        since = self._since.pop((op, urn), now) if ended else self._since.setdefault((op, urn), now)
        self._tell(
            Event(
                kind="finished" if ended else "started",
                op=op,
                type=metadata["type"],
                name=urn.rpartition("::")[2],
                urn=urn,
                seconds=now - since,
            )
        )


def exported(raw: dict[str, Any]) -> dict[str, Any] | None:
    """What the program exported, where this event tells it; secrets encrypted."""
    metadata = raw.get("resOutputsEvent", {}).get("metadata", {})
    return (metadata.get("new") or {}).get("outputs") if metadata.get("type") == "pulumi:pulumi:Stack" else None
