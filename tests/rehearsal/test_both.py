"""Production beside staging: the same front, and neither touches what is the other's."""

import json
from typing import Any

import pytest

from rehearsal.apis import Apis
from rehearsal.conductor.ledger import Ledger
from rehearsal.home import STACKS, Home
from rehearsal.host import Host
from tests.rehearsal.rehearsing import Visitor, left_over, rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal, pytest.mark.usefixtures("machine")]

SERVICES = "docker service ls --format '{{.Name}} {{.Replicas}} {{.ID}}'; docker ps --quiet | sort"


def things() -> set[tuple[str, str]]:
    """What the cloud has, as kind and id."""
    found: list[dict[str, Any]] = Apis(Home()).inventory()
    return {(thing["kind"], str(thing["id"])) for thing in found}


def test_each_stack_answers_and_staging_rotates_and_goes_without_a_trace_of_production_lost() -> None:
    for stack in ("production", "staging"):
        before = things() if stack == "staging" else set()
        done = rehearse("up", "--stack", stack)
        assert done.returncode == 0, done.stdout + done.stderr
        assert before <= things()
        if stack == "production":
            alone = things()
    for stack in STACKS:
        with Visitor(stack) as visitor:
            release = Ledger(Home().ledger(stack)).exports["image"].partition("@")[2]
            assert visitor.see("/healthz").json()["release"] == release

    status = json.loads(rehearse("status", "--json").stdout)
    [web] = [fact for fact in status["stacks"]["production"]["facts"] if (fact["topic"], fact["name"]) == ("services", "web")]
    assert web["data"] == {"running": 2, "wanted": 2}
    running = Host(Home(), "production").output(SERVICES)

    ledger = Home().ledger("production").read_bytes()
    for secret in ("database", "hostKey"):
        done = rehearse("rotate", secret, "--stack", "staging")
        assert done.returncode == 0, done.stdout + done.stderr
    assert alone <= things()
    assert Home().ledger("production").read_bytes() == ledger, "what one stack rotates is nothing to the other"
    assert Host(Home(), "production").output(SERVICES) == running

    done = rehearse("down", "--stack", "staging")
    assert done.returncode == 0, done.stdout + done.stderr
    assert things() == alone
    assert Host(Home(), "production").output(SERVICES) == running
    with Visitor("production") as visitor:
        assert visitor.see("/healthz").status_code == 200

    assert rehearse("down").returncode == 0
    assert left_over() == {}
