"""Waits until a service runs as declared, or tells why it does not."""

import json
import time
from contextlib import suppress
from typing import Any

from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.handler import POLL
from rehearsal.conductor.handlers.docker.engine import Engine, EngineError
from rehearsal.conductor.handlers.docker.fields import duration
from rehearsal.conductor.properties import Properties

_LOG_LINES = 10
_ENDED_BADLY = ("paused", "rollback_paused", "rollback_completed")


def converge(engine: Engine, service: str, config: Properties | None) -> None:
    """Wait until all tasks run the latest spec; without a `convergeConfig` the provider does not wait, nor does this.

    Its `delay`, the pause between two looks of the provider, is not needed: looking is cheap here.

    Raises ConductorError when the swarm has paused or rolled back the update, or after `timeout`: with the failed tasks' errors
    and last log lines, which the provider does not give for an update.
    """
    if config is None:
        return
    timeout = duration("convergeConfig.timeout", config.get("timeout", "3m")) / 10**9
    end = time.monotonic() + timeout
    while not _settled(engine, service):
        if time.monotonic() > end:
            raise ConductorError("\n".join([f"the service did not run within {timeout:.0f} s", *_reasons(engine, service)]))
        time.sleep(POLL)


def _settled(engine: Engine, id: str) -> bool:
    service = engine.call("GET", f"/services/{id}")
    status: str = (service.get("UpdateStatus") or {}).get("State", "")
    if status in _ENDED_BADLY:
        raise ConductorError("\n".join([f"the update ended as {status.replace('_', ' ')}", *_reasons(engine, id)]))
    tasks = _tasks(engine, id, {"desired-state": ["running"]})
    mode = service["Spec"]["Mode"]
    wanted = mode["Replicated"]["Replicas"] if "Replicated" in mode else max(1, len(tasks))
    # The swarm begins an update a moment after it took it: until then the tasks are old and the status is empty.
    template = _comparable(service["Spec"]["TaskTemplate"])
    current = [task for task in tasks if _comparable(task["Spec"]) == template and task["Status"]["State"] == "running"]
    return status in ("", "completed") and len(current) == wanted == len(tasks)


def _comparable(task_spec: dict[str, Any]) -> dict[str, Any]:
    """The engine gives the runtime in a service's template only."""
    return {name: value for name, value in task_spec.items() if name != "Runtime"}


def _tasks(engine: Engine, id: str, filters: dict[str, list[str]]) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = engine.call("GET", "/tasks", filters=json.dumps({"service": [id], **filters}))
    return tasks


def _reasons(engine: Engine, id: str) -> list[str]:
    """The error and the last log lines of the task that failed last; nothing where none has failed."""
    failed = [task for task in _tasks(engine, id, {}) if task["Status"]["State"] in ("failed", "rejected")]
    if not failed:
        return []
    last = max(failed, key=lambda task: str(task["Status"]["Timestamp"]))
    lines = [f"{len(failed)} task(s) failed, the last one with: {last['Status'].get('Err', 'no error')}"]
    with suppress(EngineError):
        lines += engine.logs(f"/tasks/{last['ID']}/logs", stdout=1, stderr=1, tail=_LOG_LINES).splitlines()
    return lines
