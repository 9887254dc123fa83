"""The program on the real Pulumi engine and the real provider plugins: one life of a stack, from `up` to `destroy`.

The tests follow each other: every one goes on from the stack that the one before it left.
"""

import re
import time

import pytest

from tests.engine.cli import Driven

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]


def test_up_makes_everything_at_the_first_try(stack: Driven) -> None:
    assert stack.up().keys() == {"create"}


def test_up_again_changes_nothing_and_only_reads(stack: Driven) -> None:
    stack.forget_calls()
    assert stack.up().keys() == {"same"}
    assert [call for call in stack.calls() if call["method"] != "GET"] == []


def test_a_preview_finds_no_difference_between_the_program_and_what_is_there(stack: Driven) -> None:
    assert stack.preview_after_refresh().keys() == {"same"}


def test_another_number_of_replicas_is_one_update_that_is_waited_for(stack: Driven) -> None:
    processes = stack.get("site:processes")
    processes["web"] |= {"replicas": 2, "connections": 3}
    stack.set("site:processes", processes)
    done = stack.up()
    assert done == {"update": 1, "replace": 1, "same": done["same"]}


def test_another_variable_replaces_one_secret_and_updates_what_reads_it(stack: Driven) -> None:
    before = {found["urn"]: found.get("inputs") for found in stack.resources()}
    stack.set("site:env", stack.get("site:env") | {"WEB_THREADS": "3"})
    done = stack.up()
    changed = {found["urn"].rpartition("::")[2] for found in stack.resources() if found.get("inputs") != before.get(found["urn"])}
    services = {"web", "worker", "beat"}
    waits = {f"{name}-runs" for name in services}
    assert changed == {"environment", "release", "release-check", *services, *waits}, "`release` only notes it: nothing is migrated"
    assert done == {"replace": 2 + len(waits), "update": 1 + len(services), "same": done["same"]}


def test_a_process_that_is_left_out_is_deleted_and_nothing_else(stack: Driven) -> None:
    processes = stack.get("site:processes")
    del processes["beat"]
    stack.set("site:processes", processes)
    done = stack.up()
    assert done == {"delete": 2, "same": done["same"]}


def test_two_at_once_is_told_in_seconds_with_who_holds_the_lock(stack: Driven) -> None:
    stack.set("site:noindex", True)
    stack.fault({"kind": "hang", "method": "GET", "path": "/v2/*", "seconds": 60})
    with stack.begun("refresh", "--yes", "--skip-preview"):
        stack.wait_until_a_fault_strikes()
        began = time.monotonic()
        message = stack.fails()
        assert time.monotonic() - began < 10
        assert re.search(r"staging is locked by \S+@\S+ \(process \d+\) since \S+ on this machine: wait for it", message)
        stack.fault()


def test_destroy_leaves_nothing_in_the_cloud(stack: Driven) -> None:
    assert stack.destroy().keys() == {"delete"}
    # Credentials of the registry end by themselves: the provider could revoke one only at an address that no rehearsal has.
    left = {thing["kind"] for thing in stack.apis.inventory()}
    assert left <= {"digitalocean:registry_credential", "gitlab:project", "gitlab:protected_branch"}
