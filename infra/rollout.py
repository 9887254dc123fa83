"""Waits on a host until a service of the swarm runs as it was last told to; fails where the swarm has taken that back.

Run there as `python3 - NAME SECONDS` with this text on stdin (infra/service.py); cloud-init needs a Python too. It asks the engine itself
(Engine API: ServiceInspect, TaskList): a look costs a millisecond there, and fifty with the `docker` program.
"""

import http.client
import json
import socket
import sys
import time
from contextlib import closing
from typing import Any
from urllib.parse import quote

SOCKET = "/var/run/docker.sock"
PAUSE = 0.25
"""Seconds between two looks."""
RUNS = "-runs"
"""What the names of the commands that wait for a service end with. They say something only once: when all new tasks run."""
_TAKEN_BACK = ("paused", "rollback_paused", "rollback_completed")
_UNDER_WAY = ("updating", "rollback_started")
_FAILED = ("failed", "rejected")


class RolloutError(Exception):
    """It does not run as it was told to; `str()` says why."""


class Engine(http.client.HTTPConnection):
    """Docker's, at its socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)

    def get(self, path: str) -> Any:
        """The answer to a GET. Raises RolloutError."""
        try:
            self.request("GET", path)
            answer = self.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RolloutError(f"the Docker engine does not answer: {error or type(error).__name__}") from None
        if answer.status >= 400:
            raise RolloutError(f"the Docker engine says: {said['message']}")
        return said


def wait(engine: Engine, name: str, *, limit: float, pause: float = PAUSE) -> None:
    """Until all of its tasks are of its last specification, and the swarm does not watch them any more. Raises RolloutError.

    An update clears what the swarm says of the one before, and it begins a moment later (updateService in swarmkit's controlapi).
    """
    end = time.monotonic() + limit
    told = False
    while True:
        service = engine.get(f"/services/{quote(name)}")
        tasks = engine.get(f"/tasks?filters={quote(json.dumps({'service': [name]}))}")
        update = service.get("UpdateStatus") or {}
        state = update.get("State", "")
        if state in _TAKEN_BACK:
            raise RolloutError(
                f"the swarm did not keep the update ({update.get('Message') or state}){_last_failure(tasks)}."
                " After a bare `pulumi up`: `python -m ci up --image` with what ran before, or `pulumi refresh` and another try"
            )
        wanted, running = _wanted(service, tasks), _running(service, tasks)
        if wanted == running and state not in _UNDER_WAY:
            return
        if wanted == running and state == "updating" and not told:
            told = True
            print(f"{name}: {running} of {wanted} run, and are watched for some seconds more", file=sys.stderr, flush=True)
        if time.monotonic() > end:
            raise RolloutError(f"after {limit:.0f} s {running} of {wanted} run{_last_failure(tasks)}")
        time.sleep(pause)


def _wanted(service: dict[str, Any], tasks: list[dict[str, Any]]) -> int:
    """How many tasks there should be, of all that shall run."""
    replicas: int = service["Spec"]["Mode"]["Replicated"]["Replicas"]
    return max(replicas, len([task for task in tasks if task["DesiredState"] == "running"]))


def _running(service: dict[str, Any], tasks: list[dict[str, Any]]) -> int:
    """How many run and are of the service's specification; a task with a health check runs once it is healthy."""
    wanted = _template(service["Spec"]["TaskTemplate"])
    there = [task for task in tasks if task["DesiredState"] == "running" and task["Status"]["State"] == "running"]
    return len([task for task in there if _template(task["Spec"]) == wanted])


def _template(spec: dict[str, Any]) -> dict[str, Any]:
    """What a task is made of; `Runtime` is in a service's only."""
    return {name: value for name, value in spec.items() if name != "Runtime"}


def _last_failure(tasks: list[dict[str, Any]]) -> str:
    """What is known of the task that failed last, to be put behind another message."""
    failed = [task["Status"] for task in tasks if task["Status"]["State"] in _FAILED]
    if not failed:
        return ""
    last = max(failed, key=lambda status: str(status["Timestamp"]))
    return f"; the last of {len(failed)} that failed: {last.get('Err', 'no reason given')}"


def main(words: list[str], *, path: str = SOCKET, pause: float = PAUSE) -> int:
    """Exit codes: 0 it runs, 1 it does not."""
    name, limit = words
    try:
        with closing(Engine(path)) as engine:
            wait(engine, name, limit=float(limit), pause=pause)
    except RolloutError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
