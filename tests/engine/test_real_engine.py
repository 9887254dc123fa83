"""The program on the real Pulumi engine and the real provider plugins: one life of a stack, from `up` to `destroy`.

The tests follow each other: every one goes on from the stack that the one before it left.
"""

import dataclasses
import json
import re
import subprocess
import time
from typing import Any

import pytest

from tests.engine.cli import LIMIT, Driven

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]

SECRETS = {
    "digitalocean:index/databaseCluster:DatabaseCluster": ("password", "uri"),
    "digitalocean:index/databaseUser:DatabaseUser": ("password",),
    "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials": ("dockerCredentials",),
    "random:index/randomPassword:RandomPassword": ("result",),
    "tls:index/privateKey:PrivateKey": ("privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"),
    "docker:index/secret:Secret": ("data",),
}
"""Outputs that nobody may read in the state, by type."""


def opened(value: Any) -> Any:
    """What a secret of an exported state holds."""
    return opened(json.loads(value["plaintext"])) if isinstance(value, dict) and "plaintext" in value else value


def core(text: str) -> str:
    """The longest part that JSON writes as it is, whatever stands around it."""
    parts: list[str] = re.findall(r"[\w+/=.:@-]+", text)
    return max(parts, key=len)


def test_up_makes_everything_at_the_first_try(stack: Driven) -> None:
    assert stack.up().keys() == {"create"}


def test_up_again_changes_nothing_and_only_reads(stack: Driven) -> None:
    stack.forget_calls()
    assert stack.up().keys() == {"same"}
    assert [call for call in stack.calls() if call["method"] != "GET"] == []


def test_a_preview_finds_no_difference_between_the_program_and_what_is_there(stack: Driven) -> None:
    assert stack.preview_after_refresh().keys() == {"same"}


def test_another_number_of_replicas_is_one_update(stack: Driven) -> None:
    processes = stack.get("site:processes")
    processes["web"]["replicas"] = 2
    stack.set("site:processes", processes)
    done = stack.up()
    assert done == {"update": 1, "same": done["same"]}


def test_another_variable_replaces_one_secret_and_updates_what_reads_it(stack: Driven) -> None:
    before = {found["urn"]: found.get("inputs") for found in stack.resources()}
    stack.set("site:env", stack.get("site:env") | {"WEB_THREADS": "3"})
    done = stack.up()
    changed = {found["urn"].rpartition("::")[2] for found in stack.resources() if found.get("inputs") != before.get(found["urn"])}
    assert changed == {"environment", "web", "worker", "beat", "release"}, "`release` only notes it: nothing is migrated"
    assert done == {"replace": 1, "update": 4, "same": done["same"]}


def test_a_process_that_is_left_out_is_one_delete(stack: Driven) -> None:
    processes = stack.get("site:processes")
    del processes["beat"]
    stack.set("site:processes", processes)
    done = stack.up()
    assert done == {"delete": 1, "same": done["same"]}


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


def test_no_secret_can_be_read_in_the_state_or_was_printed(stack: Driven) -> None:
    """Also not with `--diff` and verbose logs. (With -v=9 Pulumi itself logs each value of its own calls: the README says so.)"""
    told = {
        "diff": _with_another_secret(stack, "canary-of-the-diff", "--diff"),
        "verbose logs": _with_another_secret(stack, "canary-of-the-logs", "-v=8", "--logtostderr", "--logflow"),
        "history": stack.workspace.cli.run("stack", "history", "--json"),
        "output": stack.said,
        "the stand-ins' log": stack.workspace.home.log.read_text(),
        "state and backups": "".join(file.read_text() for file in stack.workspace.state.rglob("*") if file.is_file()),
    }
    known = {name: core(stack.config.values[name]) for name in stack.config.secret_keys if name != "site:secrets"}
    known |= {"diff": "canary-of-the-diff", "logs": "canary-of-the-logs"}
    resources = stack.resources()
    assert {found["type"] for found in resources} >= SECRETS.keys()
    for found in resources:
        for name in SECRETS.get(found["type"], ()):
            known[f"{found['urn']} {name}"] = core(opened(found["outputs"][name]))
    assert "docker:index/service:Service" in told["state and backups"]
    assert "environment" in told["diff"]
    assert len(told["verbose logs"].splitlines()) > 1000
    assert [(name, place) for name, secret in known.items() for place, text in told.items() if secret in text] == []


def _with_another_secret(stack: Driven, value: str, *words: str) -> str:
    """All that an `up` prints that brings a new secret of the site."""
    stack.set("site:secrets", {"STRIPE_KEY": value})
    stack.config = dataclasses.replace(stack.config, secret_keys=sorted({*stack.config.secret_keys, "site:secrets"}))
    cli = stack.workspace.prepare(stack.config)
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack=staging", *words]
    done = subprocess.run(command, cwd=cli.folder, env={**cli.environment}, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def test_destroy_leaves_nothing_in_the_cloud(stack: Driven) -> None:
    assert stack.destroy().keys() == {"delete"}
    # Credentials of the registry end by themselves: the provider could revoke one only at an address that no rehearsal has.
    left = {thing["kind"] for thing in stack.apis.inventory()}
    assert left <= {"digitalocean:registry_credential", "gitlab:project", "gitlab:protected_branch"}
