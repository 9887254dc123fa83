"""Releases on the real engine: a good one, a broken one, the way back, and a rotated registry credential."""

import base64
import json
import ssl
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bench.load import Background, Load
from rehearsal import sample
from rehearsal.host import Host
from rehearsal.stack import Stack
from rehearsal.up import wait_for_answer
from tests.engine.cli import Driven
from tests.rehearsal.broken import CASES
from tests.rehearsal.rehearsing import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
CREDENTIALS = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"


@pytest.fixture(scope="module")
def site(stack: Driven) -> Iterator[Stack]:
    """The stack's site, which answers."""
    stack.up()
    found = Stack(stack.workspace.stack, stack.workspace.home)
    wait_for_answer(found)
    yield found
    stack.destroy()


def released(stack: Driven, site: Stack, *words: str) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
    """Run `python -m ci …` with visitors on the site; gives what it told, and what was lost."""
    stack.workspace.prepare(stack.config)
    with Background(Load(url=site.url, ca_file=site.home.certificate(site.name), rate=8)) as traffic:
        done = stack.ci(*words)
    return done, traffic.report.lost


def repository(site: Stack) -> str:
    return str(site.exports["image"]).partition("@")[0]


def test_a_release_and_the_way_back_lose_nothing_and_leave_the_state_as_it_is(stack: Driven, site: Stack) -> None:
    before = site.exports["image"]
    image = sample.push_another(home=site.home, repository=repository(site))
    done, lost = released(stack, site, "up", "--image", image)
    assert (done.returncode, lost, site.exports["image"]) == (0, {}, image), done.stdout + done.stderr

    done, lost = released(stack, site, "up")
    assert (done.returncode, lost, site.exports["image"]) == (0, {}, image), "without an image what runs stays"

    done, lost = released(stack, site, "rollback")
    assert (done.returncode, lost, site.exports["image"]) == (0, {}, before), done.stdout + done.stderr
    assert stack.preview_after_refresh().keys() == {"same"}
    listed = json.loads(stack.ci("releases", "--json").stdout)
    assert [past["digest"] for past in listed] == [name.partition("@")[2] for name in (before, image, before)]


@pytest.mark.parametrize("name", ["does not start", "worker fails", "release command fails"])
def test_a_broken_release_leaves_host_and_state_as_they_were(stack: Driven, site: Stack, name: str) -> None:
    before = site.exports["image"]
    image = sample.push(CASES[name].build(), home=site.home, repository=repository(site))
    done, lost = released(stack, site, "up", "--image", image)
    told = " ".join(done.stderr.split())
    assert (done.returncode, lost, site.exports["image"]) == (1, {}, before), done.stdout + done.stderr
    assert [words for words in CASES[name].told if words not in told] == [], done.stderr
    assert stack.preview_after_refresh().keys() == {"same"}


def test_a_task_that_starts_anew_pulls_with_the_rotated_credential(stack: Driven, site: Stack) -> None:
    old = _credential(stack)
    stack.replace(next(found["urn"] for found in stack.resources() if found["type"] == CREDENTIALS))
    assert _credential(stack) != old
    context = ssl.create_default_context(cafile=str(stack.apis.ca))
    httpx.post(f"{stack.apis.url}/v1/oauth/revoke", data={"token": old}, verify=context).raise_for_status()
    host, image = Host(site.home, site.name), site.exports["image"]
    names = "web worker beat"
    host.output(f"for name in {names}; do docker service scale --detach $name=0 >/dev/null; done")
    wait_for("the tasks to end", lambda: host.output(f"docker ps --quiet --filter ancestor={image}") == "", 120)
    host.output(f"docker ps --all --quiet --filter ancestor={image} | xargs docker rm >/dev/null; docker rmi --force {image}")
    host.output(f"for name in {names}; do docker service scale --detach $name=1 >/dev/null; done")
    wait_for("new tasks", lambda: len(host.output(f"docker ps --quiet --filter ancestor={image}").split()) == 3, 120)
    wait_for_answer(site)


def _credential(stack: Driven) -> str:
    resource: dict[str, Any] = next(found for found in stack.resources() if found["type"] == CREDENTIALS)
    secret = json.loads(json.loads(resource["outputs"]["dockerCredentials"]["plaintext"]))
    entry = next(iter(secret["auths"].values()))
    return base64.b64decode(entry["auth"]).decode().partition(":")[2]
