"""The host's disk: what nobody can go back to any more is gone, and a full disk is found before a pull.

Releases by the conductor, or by ENGINE; thirty in a row with RELEASES=all.
"""

import os
from collections.abc import Iterator

import pytest

from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.world.engine import docker_cli
from tests.rehearsal.rehearsing import Visitor, rehearse
from tests.rehearsal.test_watched_releases import another, digest, released

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
RELEASES = 30
KEPT = 5
MIB = 20
"""Of each image, for itself alone: one that stayed would be seen."""
_DF = "/usr/local/bin/df"


def heavy(number: int, mib: int = MIB) -> str:
    """An image of the sample with something of its own in it. Its layer is named by the number, or the build would take the last one's."""
    name = f"rehearsal/heavy-{number}"
    fill = f'RUN ["python3", "-c", "import os; open(\'/app/filling-{number}\', \'wb\').write(os.urandom({mib << 20}))"]'
    lines = ("FROM rehearsal/sample", "USER root", fill, "USER 10001:10001", f"LABEL release={number}", "")
    docker_cli("build", "--quiet", "--tag", name, "-", stdin="\n".join(lines))
    return name


def used() -> int:
    """MiB that the host's engine takes up."""
    return int(Host(Home(), "staging").output("sudo du --summarize --block-size=1M /var/lib/docker").split()[0])


@pytest.fixture
def full() -> Iterator[None]:
    """The host says that its disk is full: it is a part of this machine's, which nobody wants to fill."""
    host = Host(Home(), "staging")
    host.output(f"printf '#!/bin/sh\\necho Avail\\necho 100\\n' | sudo tee {_DF} >/dev/null && sudo chmod 755 {_DF}")
    yield
    host.output(f"sudo rm {_DF}")


@pytest.mark.usefixtures("staging", "full")
def test_a_release_onto_a_full_disk_is_refused_before_anything_is_pulled() -> None:
    before = digest()
    done, lost = released("release", "--image", another(7))
    told = " ".join(done.stderr.split())
    assert (done.returncode, lost) == (1, {}), done.stdout
    assert "the disk has 100 MiB free, and an image needs about" in told
    assert "nothing was changed" in told
    assert digest() == before


@pytest.mark.skipif(os.environ.get("RELEASES") != "all", reason="thirty releases take a quarter of an hour: RELEASES=all")
def test_the_disk_of_the_host_does_not_fill_with_releases(staging: Visitor) -> None:
    taken = []
    for number in range(RELEASES):
        done = rehearse("release", "--image", heavy(number))
        docker_cli("rmi", "--force", f"rehearsal/heavy-{number}")
        assert done.returncode == 0, done.stdout + done.stderr
        taken.append(used())
        print(f"release {number + 1}: {taken[-1]} MiB", flush=True)
    assert staging.see("/healthz").status_code == 200
    assert taken[KEPT] - taken[0] > (KEPT - 2) * MIB, "those that can be gone back to are there"
    assert abs(taken[-1] - taken[KEPT]) < MIB, "and no other"
