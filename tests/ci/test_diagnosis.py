"""Why tasks failed, told from what Docker says of them."""

import json
from typing import Any

import pytest

from ci.diagnosis import diagnose, failed, task_ids
from ci.host import Host, HostError
from ci.mask import Mask


def task(
    id: str, state: str, *, code: int = 0, error: str = "", desired: str = "shutdown", container: str = "c1", image: str = ""
) -> dict[str, Any]:
    status = {"State": state, "Err": error, "Message": "started", "ContainerStatus": {"ContainerID": container, "ExitCode": code}}
    spec = {"ContainerSpec": {"Image": image or IMAGE}}
    return {"ID": id, "ServiceID": "s1", "DesiredState": desired, "Status": status, "Spec": spec}


class Pretended(Host):
    """A host with these tasks, and one container."""

    def run(self, script: str, *, stdin: str = "", limit: float = 60) -> str:  # noqa: ARG002 - as Host has it
        if "--type task" in script:
            return json.dumps(TASKS)
        if "service inspect" in script:
            return "s1 web\n"
        if "--type container" in script:
            return json.dumps([CONTAINER])
        if "docker logs" in script:
            return "starting\ntoken is hunter2-hunter2\n"
        raise HostError("unexpected")


IMAGE = "repo@sha256:bb"
TASKS: list[dict[str, Any]] = []
CONTAINER: dict[str, Any] = {}
HOST = Pretended(address="203.0.113.10", key="ssh-ed25519 AAAA")


@pytest.fixture(autouse=True)
def _clean() -> None:
    TASKS.clear()
    CONTAINER.clear()


def told(before: set[str] | None = None) -> str:
    mask = Mask()
    mask.learn(["hunter2-hunter2"])
    return "\n".join(diagnose(HOST, IMAGE, before=before or set(), mask=mask))


def test_exit_code_and_last_lines_are_told_without_secrets() -> None:
    TASKS.append(task("t1", "failed", code=3, error="task: non-zero exit (3)"))
    assert told() == "web: task failed: task: non-zero exit (3)\n  exit code 3\n  | starting\n  | token is [secret]"


def test_the_answer_of_a_failing_health_check_is_told() -> None:
    TASKS.append(task("t1", "failed", code=137, error="task: non-zero exit (137): dockerexec: unhealthy container"))
    CONTAINER["State"] = {
        "Health": {"Log": [{"ExitCode": 0, "Output": "ok"}, {"ExitCode": 1, "Output": "500 {'reason':\n 'hunter2-hunter2'}"}]}
    }
    assert "  health check, 1 times: 500 {'reason': '[secret]'}" in told()
    assert "out of memory" not in told(), "a container that is unhealthy is killed too"


def test_a_task_that_took_too_much_memory_says_its_limit() -> None:
    TASKS.append(task("t1", "failed", code=137, error="task: non-zero exit (137)"))
    CONTAINER.update({"State": {"OOMKilled": True}, "HostConfig": {"Memory": 256 * 2**20}})
    assert "out of memory? Its limit is 256 MiB" in told()


def test_a_task_that_was_rejected_has_no_container_to_ask() -> None:
    TASKS.append(task("t1", "rejected", error="No such image: repo@sha256:00", container=""))
    assert told() == "web: task rejected: No such image: repo@sha256:00"


def test_a_failed_task_is_shown_before_one_that_still_starts_and_old_ones_not_at_all() -> None:
    TASKS.extend([task("old", "failed", code=9), task("t1", "failed", code=1), task("t2", "starting", desired="running")])
    assert "exit code 1" in told({"old"})
    assert "starting" not in told({"old"}).splitlines()[0]
    assert failed(HOST, IMAGE, before={"old"}) == ["web"]
    assert task_ids(HOST) == {"old", "t1", "t2"}


def test_a_task_that_was_told_to_stop_has_not_failed() -> None:
    TASKS.append(task("t1", "complete", desired="shutdown"))
    assert failed(HOST, IMAGE, before=set()) == []


def test_a_serving_task_that_ends_by_itself_has() -> None:
    TASKS.append(task("t1", "complete", desired="running"))
    assert failed(HOST, IMAGE, before=set()) == ["web"]


def test_a_task_of_another_image_is_not_the_releases() -> None:
    TASKS.append(task("t1", "failed", code=1, image="repo@sha256:aa"))
    assert (told(), failed(HOST, IMAGE, before=set())) == ("", [])


def test_a_task_that_waited_for_its_turn_was_not_ill() -> None:
    TASKS.append(task("t1", "failed", code=1, error="task: non-zero exit (1)"))
    CONTAINER["State"] = {"Health": {"Log": [{"ExitCode": 1, "Output": "200 ok\nwaiting: 1 serve, and this one is 6 s old"}]}}
    assert "health check" not in told()
