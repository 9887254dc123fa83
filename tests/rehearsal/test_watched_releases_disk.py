"""The host's disk over many releases: what nobody can go back to any more is gone. With RELEASES=all thirty of them."""

import os

import pytest

from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.world.engine import docker_cli
from tests.rehearsal.rehearsing import Visitor, rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
RELEASES = 30 if os.environ.get("RELEASES") == "all" else 8
KEPT = 5
MIB = 20
"""Of each image, for itself alone: one that stayed would be seen."""


def image(number: int) -> str:
    name = f"rehearsal/heavy-{number}"
    # Named by the number, or the build would take the last one's layer.
    fill = f'RUN ["python3", "-c", "import os; open(\'/app/filling-{number}\', \'wb\').write(os.urandom({MIB << 20}))"]'
    docker_cli(
        "build",
        "--quiet",
        "--tag",
        name,
        "-",
        stdin=f"FROM rehearsal/sample\nUSER root\n{fill}\nUSER 10001:10001\nLABEL release={number}\n",
    )
    return name


def used() -> int:
    """MiB that the host's engine takes up."""
    return int(Host(Home(), "staging").output("sudo du --summarize --block-size=1M /var/lib/docker").split()[0])


def test_the_disk_of_the_host_does_not_fill_with_releases(staging: Visitor) -> None:
    taken = []
    for number in range(RELEASES):
        done = rehearse("release", "--image", image(number))
        docker_cli("rmi", "--force", f"rehearsal/heavy-{number}")
        assert done.returncode == 0, done.stdout + done.stderr
        taken.append(used())
    print(f"\nMiB after each release: {taken}")
    assert staging.see("/healthz").status_code == 200
    assert taken[KEPT] - taken[0] > (KEPT - 2) * MIB, "those that can be gone back to are there"
    assert abs(taken[-1] - taken[KEPT]) < MIB, "and no other"
