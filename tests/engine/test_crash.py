"""`kill -9` of a run at its API calls, at the worst moment: carried out, and not answered yet. Then `recover` and `up`.

A first `up` is killed again and again, each time at calls that it was not killed at before, until it comes through; the same then
with a release. With CRASH=all (`make test-crash`) at every call and at every Docker object and command, else at some.
"""

import json
import os
import re
import signal
import threading
import time
from collections import Counter

import pytest

from rehearsal import sample
from rehearsal.stack import Stack
from rehearsal.up import wait_for_answer
from tests.engine.cli import LIMIT, Driven, Fault

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]

ALL = os.environ.get("CRASH") == "all"
SAMPLE_CALLS = {
    ("POST", "/v2/droplets"),
    ("POST", "/v2/databases"),
    ("POST", "/v2/databases/{id}/users"),
    ("POST", "/v2/reserved_ips"),
    ("POST", "/api/v4/projects/{project}/variables"),
}
SAMPLE_STEPS = {"web", "release"}
KINDS = {"digitalocean:droplet", "digitalocean:vpc", "digitalocean:database", "digitalocean:reserved_ip", "digitalocean:firewall"}
"""Of the inventory: what there may be exactly one of."""


def written(stack: Driven) -> list[dict[str, str]]:
    """All that the stand-ins can be asked by a run of the engine, as faults that hold the reply."""
    table = (stack.workspace.home.root.parent / "rehearsal" / "cloud" / "COVERAGE.md").read_text()
    operations = re.findall(r"^\| `(GET|POST|PUT|DELETE|PATCH) (\S+)`", table, re.MULTILINE)
    return [{"method": method, "path": path} for method, path in operations if ALL or (method, path) in SAMPLE_CALLS]


class Killer:
    """Kills runs of one stack, each at another place."""

    def __init__(self, stack: Driven) -> None:
        self.stack = stack
        self._calls = [{"kind": "hang", "seconds": 120.0, **call} for call in written(stack)]
        self._steps: set[str] = set()
        self.kills: list[str] = []

    def up(self) -> bool:
        """Begin an `up`, and kill it at the first new place; True where it came through."""
        faults: list[Fault] = [{**fault, "nth": 1} for fault in self._calls]
        self.stack.fault(*faults)
        with self.stack.begun("up", "--yes", "--skip-preview") as process:
            lines: list[str] = []
            reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
            reading.start()
            while process.poll() is None:
                struck = [f"{fault['method']} {fault['path']}" for fault in self.stack.fired()]
                struck += [f"{op} {name}" for op, name in self._begun(list(lines))]
                if struck:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(10)
                    reading.join(LIMIT)
                    self._forget(struck)
                    print("killed at", *struck, flush=True)
                    self.stack.fault()
                    return False
                time.sleep(0.05)
            reading.join(LIMIT)
            assert process.returncode == 0, "".join(lines)[-3000:]
        self.stack.fault()
        return True

    def _begun(self, lines: list[str]) -> list[tuple[str, str]]:
        """Docker objects and commands whose making has begun, and at which no run was killed yet."""
        found = []
        for line in lines:
            if "resourcePreEvent" not in line:
                continue
            step = json.loads(line)["resourcePreEvent"]["metadata"]
            name = step["urn"].rpartition("::")[2]
            place = f"{step['op']} {step['type']} {name}"
            wanted = ALL or name in SAMPLE_STEPS
            changes = step["op"] in ("create", "update", "create-replacement")
            if changes and wanted and step["type"].startswith(("docker:index", "command:")) and place not in self._steps:
                found.append((step["op"], f"{step['type']} {name}"))
        return found

    def _forget(self, struck: list[str]) -> None:
        self.kills += struck
        self._steps |= set(struck)
        self._calls = [fault for fault in self._calls if f"{fault['method']} {fault['path']}" not in struck]


def recover(stack: Driven) -> str:
    """Run it, and decide what it asks a person for, as it says."""
    done = stack.ci("recover")
    if done.returncode == 3:
        choices = re.findall(r"--adopt '([^']+=\S+)'", done.stdout)
        assert choices, done.stdout
        done = stack.ci("recover", "--adopt", choices[0])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def through(stack: Driven) -> list[str]:
    """Run `up`, killing it wherever that is wanted, to its end; gives the places."""
    killer = Killer(stack)
    while not killer.up():
        recover(stack)
        things = Counter(thing["kind"] for thing in stack.apis.inventory())
        assert {kind for kind, count in things.items() if kind in KINDS and count > 1} == set(), killer.kills
    return killer.kills


def whole(stack: Driven) -> None:
    """What there is, is in the state, once; the site answers."""
    assert "nothing to recover" in recover(stack)
    assert stack.preview_after_refresh().keys() == {"same"}
    wait_for_answer(Stack(stack.workspace.stack, stack.workspace.home))


def test_a_first_up_that_was_killed_at_its_calls_ends_with_one_of_each(stack: Driven) -> None:
    kills = through(stack)
    print(f"\nkilled at {len(kills)}: {', '.join(kills)}")
    assert len(kills) >= (40 if ALL else len(SAMPLE_CALLS))
    whole(stack)


def test_a_release_that_was_killed_ends_with_the_new_image_everywhere(stack: Driven) -> None:
    before = stack.config.values["site:image"]
    stack.set("site:image", sample.push_another(home=stack.workspace.home, repository=before.partition("@")[0]))
    kills = through(stack)
    print(f"\nkilled at {len(kills)}: {', '.join(kills)}")
    assert {kill.rpartition(" ")[2] for kill in kills} >= {"web", "release"}
    whole(stack)
    images = {found["inputs"]["taskSpec"]["containerSpec"]["image"] for found in stack.resources() if found["type"].endswith(":Service")}
    assert stack.config.values["site:image"] in images
    assert before not in images
