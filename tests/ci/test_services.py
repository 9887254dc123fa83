"""The site's services on a host, and the way back to what they ran."""

import json
from typing import Any

from ci.events import Event
from ci.host import Host, HostError
from ci.services import Services

A, B = "repo@sha256:aa", "repo@sha256:bb"


def service(image: str, previous: str = A, role: str = "worker") -> dict[str, Any]:
    def spec(of: str) -> dict[str, Any]:
        return {"Labels": {"site.role": role}, "TaskTemplate": {"ContainerSpec": {"Image": of}, "ForceUpdate": 1}}

    return {"Spec": spec(image), "PreviousSpec": spec(previous)}


class Pretended(Host):
    """Notes what it is asked to run."""

    def run(self, script: str, *, stdin: str = "", limit: float = 60) -> str:  # noqa: ARG002 - as Host has it
        ASKED.append(script)
        if "fails" in script:
            raise HostError("203.0.113.10: service rollback paused")
        return json.dumps([]) if "inspect" in script else ""


ASKED: list[str] = []
HOST = Pretended(address="203.0.113.10", key="ssh-ed25519 AAAA")


def put_back(now: dict[str, Any], before: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What is said of what could not be put back, and the services that were asked to go back."""
    ASKED.clear()
    told: list[Event] = []
    stuck = Services(now).put_back(Services(before), HOST, told.append)
    return stuck, [line.split()[4] for script in ASKED for line in script.splitlines() if "service rollback" in line]


def test_those_that_changed_go_back_and_the_others_are_left_alone() -> None:
    before = {"web": service(A), "worker": service(A), "beat": service(A)}
    stuck, asked = put_back({"web": service(A), "worker": service(B), "beat": service(B)}, before)
    assert (stuck, sorted(asked)) == ([], ["beat", "worker"])


def test_a_count_of_updates_is_no_change() -> None:
    forced = service(A)
    forced["Spec"]["TaskTemplate"]["ForceUpdate"] = 7
    assert put_back({"web": forced}, {"web": service(A)}) == ([], [])


def test_a_service_whose_last_update_is_not_the_only_one_is_named_and_not_touched() -> None:
    assert put_back({"web": service(B, previous="repo@sha256:cc")}, {"web": service(A)}) == (["web was changed more than once"], [])


def test_a_service_that_is_gone_is_named() -> None:
    assert put_back({}, {"web": service(A)}) == (["web is gone"], [])


def test_a_way_back_that_fails_is_told() -> None:
    stuck, _ = put_back({"fails": service(B)}, {"fails": service(A)})
    assert stuck == ["fails: 203.0.113.10: service rollback paused"]


def test_what_was_put_back_is_not_what_runs() -> None:
    """After a rollback of its own the swarm keeps the failed one as the one before."""
    assert Services({"web": service(A, previous=B)}).images == {A}


def test_the_one_that_serves_is_known_by_its_label() -> None:
    assert Services({"beat": service(A), "app": service(A, role="serving")}).serving == "app"
    assert Services({}).serving == ""
