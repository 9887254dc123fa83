"""Another droplet in place of the first: a planned renewal, one that died, and one that is gone."""

import subprocess

import pytest

from rehearsal.cloud.world import WorldError
from rehearsal.host import Host
from rehearsal.stack import Stack
from rehearsal.up import wait_for_answer
from rehearsal.world.engine import docker_cli
from tests.engine.cli import Driven
from tests.rehearsal.rehearsing import Visitor, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
FILE = "/var/lib/docker/volumes/media/_data/kept"


def droplet(stack: Driven) -> str:
    """The number of the droplet in the state."""
    return next(str(found["id"]) for found in stack.resources() if found["type"].endswith(":Droplet"))


def rebuilt(stack: Driven) -> subprocess.CompletedProcess[str]:
    done = stack.ci("rebuild")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.up().keys() == {"same"}
    return done


def test_a_planned_renewal_takes_files_and_certificates_along_and_serves_throughout(stack: Driven) -> None:
    stack.up()
    home, name = stack.workspace.home, stack.workspace.stack
    wait_for_answer(Stack(name, home))
    Host(home, name).output(f"echo 'of the old one' | sudo tee {FILE} >/dev/null")
    before = droplet(stack)
    rebuilt(stack)
    assert droplet(stack) != before
    assert Host(home, name).output(f"sudo cat {FILE}") == "of the old one\n"
    with Visitor() as visitor:
        assert visitor.see("/healthz").status_code == 200, "with the certificate authority that visitors know"
    assert [thing["id"] for thing in stack.apis.inventory() if thing["kind"] == "digitalocean:droplet"] == [droplet(stack)]
    assert stack.preview_after_refresh().keys() == {"same"}


def test_a_droplet_that_died_is_made_anew(stack: Driven) -> None:
    docker_cli("rm", "--force", f"rehearsal-droplet-{droplet(stack)}")
    told = rebuilt(stack).stdout
    assert "does not answer: what only its volumes hold is lost" in told
    wait_for_answer(Stack(stack.workspace.stack, stack.workspace.home))


def test_a_droplet_that_is_gone_is_made_anew(stack: Driven) -> None:
    number = droplet(stack)
    stack.delete(f"/v2/droplets/{number}")
    wait_for("the droplet to go", lambda: not [thing for thing in stack.apis.inventory() if thing["kind"] == "digitalocean:droplet"])
    told = rebuilt(stack).stdout
    assert "is gone: what only its volumes held is lost" in told
    wait_for_answer(Stack(stack.workspace.stack, stack.workspace.home))


def test_without_a_droplet_it_says_how_to_make_one(stack: Driven) -> None:
    stack.destroy()
    done = stack.ci("rebuild")
    assert done.returncode == 1
    assert "pulumi up --stack staging" in done.stderr
    with pytest.raises(WorldError, match="has no droplet yet"):
        Host(stack.workspace.home, stack.workspace.stack)
