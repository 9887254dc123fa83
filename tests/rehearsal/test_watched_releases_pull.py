"""A registry that ends in the middle of a pull: the release is refused, what runs goes on, and the next try comes through."""

import subprocess
import threading

import pytest

from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.world.engine import docker_cli
from tests.rehearsal.test_watched_releases import digest, on_the_host, released
from tests.rehearsal.test_watched_releases_disk import heavy

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
_REGISTRY = "rehearsal-registry"
_BLOB = "sudo sh -c 'until find /var/lib/docker/tmp -name \"GetImageBlob*\" -size +1M | grep -q .; do sleep 0.02; done'"


@pytest.mark.usefixtures("staging")
def test_a_registry_that_ends_in_the_middle_of_a_pull_changes_nothing() -> None:
    image, before, there = heavy(100, mib=300), digest(), on_the_host()
    host = Host(Home(), "staging")
    ended: list[str] = []

    def end_it() -> None:
        subprocess.run(host.command(f"timeout 120 {_BLOB}"), env=host.environment, check=True)
        ended.append(docker_cli("kill", _REGISTRY))

    watching = threading.Thread(target=end_it)
    watching.start()
    try:
        done, lost = released("release", "--image", image)
        watching.join()
    finally:
        docker_cli("start", _REGISTRY)
    assert ended, "the registry was ended while a layer came in"
    assert (done.returncode, lost) == (1, {}), done.stdout + done.stderr
    assert digest() == before
    assert on_the_host() == there, "nothing of the image is left"

    done, lost = released("release", "--image", image)
    assert (done.returncode, lost) == (0, {}), done.stdout + done.stderr
    done, lost = released("rollback")
    assert (done.returncode, lost) == (0, {}), done.stdout + done.stderr
