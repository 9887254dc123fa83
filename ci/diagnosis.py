"""Why a release did not come up: what the swarm, the containers and their health checks say of the tasks that failed."""

import json
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from ci.host import Host, HostError

_TASKS = """services=$(docker service ls --quiet --filter label=site.role)
[ -z "$services" ] || docker service ps --quiet --no-trunc $services | xargs --no-run-if-empty docker inspect --type task"""
_LOG_LINES = 12
_BAD = ("failed", "rejected")
_WAITING = ("new", "pending", "assigned", "accepted", "preparing", "ready", "starting")
_ENDED = ("complete", "shutdown")


def task_ids(host: Host) -> set[str]:
    """The tasks that there are now. Raises HostError."""
    return {task["ID"] for task in _tasks(host)}


def diagnose(host: Host, image: str, *, before: set[str], mask: Callable[[str], str]) -> list[str]:
    """A few lines for each service whose newest tasks of the image (not among `before`) failed or never got ready."""
    try:
        new = [task for task in _tasks(host) if task["ID"] not in before and _image(task) == image]
        names = _names(host)
        # One that was ill is stopped, and may end well then.
        worst = {task["ServiceID"]: task for task in sorted(new, key=_badness) if _badness(task) or task["Status"]["State"] in _ENDED}
        return [line for service, task in worst.items() for line in _told(host, names.get(service, service), task, mask)]
    except HostError as error:
        return [f"the host could not be asked why: {mask(str(error))}"]


def failed(host: Host, image: str, *, before: set[str]) -> list[str]:
    """The services of which a new task of the image has failed. Raises HostError."""
    bad = {task["ServiceID"] for task in _tasks(host) if task["ID"] not in before and _image(task) == image and _badness(task) == 2}
    names = _names(host) if bad else {}
    return sorted(names.get(service, service) for service in bad)


def _image(task: dict[str, Any]) -> str:
    return str(task["Spec"]["ContainerSpec"]["Image"])


def _badness(task: dict[str, Any]) -> int:
    """The one to show comes last: a failed one before one that is still waiting, and nothing of a good one."""
    state = task["Status"]["State"]
    # A task that is told to stop may end as it likes.
    ended = state in _BAD or (state == "complete" and task["DesiredState"] == "running")
    return 2 if ended else 1 if state in _WAITING else 0


def _told(host: Host, name: str, task: dict[str, Any], mask: Callable[[str], str]) -> Sequence[str]:
    status = task["Status"]
    container = status.get("ContainerStatus", {}).get("ContainerID", "")
    lines = [f"{name}: task {status['State']}: {status.get('Err') or status.get('Message', '')}".rstrip(": ")]
    found = _container(host, container) if container else {}
    state = found.get("State", {})
    if state.get("OOMKilled") or (_exit_code(task) == 137 and "unhealthy" not in lines[0]):
        limit = found.get("HostConfig", {}).get("Memory", 0) // 1024 // 1024
        lines.append(f"  killed: out of memory? Its limit is {limit} MiB (`memory` of the process)")
    elif _exit_code(task):
        lines.append(f"  exit code {_exit_code(task)}")
    # One that only waits for its turn is not ill (infra/site.py).
    log = (state.get("Health") or {}).get("Log") or []
    health = [probe for probe in log if probe["ExitCode"] and "waiting: " not in probe["Output"]]
    if health:
        # The last one may have come while the task was being stopped.
        said = " ".join(health[-2:][0]["Output"].split())[-300:] or "no output"
        lines.append(f"  health check, {len(health)} times: {mask(said)}")
    if container:
        log = host.run(f"docker logs --tail {_LOG_LINES} {shlex.quote(container)} 2>&1 || true")
        lines += [f"  | {mask(line)[:300]}" for line in log.splitlines()]
    return lines


def _tasks(host: Host) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(host.run(_TASKS) or "[]")
    return found


def _names(host: Host) -> dict[str, str]:
    lines = host.run("docker service ls --quiet | xargs -r docker service inspect --format '{{.ID}} {{.Spec.Name}}'").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def _container(host: Host, id: str) -> dict[str, Any]:
    found = json.loads(host.run(f"docker inspect --type container {shlex.quote(id)} || true") or "[]")
    return dict(found[0]) if found else {}


def _exit_code(task: dict[str, Any]) -> int:
    return int(task["Status"].get("ContainerStatus", {}).get("ExitCode", 0))
