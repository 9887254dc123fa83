"""What an `up` refuses before it makes anything."""

import io
import shutil
import subprocess
import tarfile
from collections import namedtuple
from collections.abc import Iterator

import pytest

from rehearsal import machine
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT
from rehearsal.images import BASE, Images
from rehearsal.world.engine import Engine, docker_cli
from tests.rehearsal.rehearsing import left_over, rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal, pytest.mark.usefixtures("machine")]

EMPTY = "refusals/empty"


@pytest.fixture(scope="module")
def empty_image() -> Iterator[str]:
    """An image with nothing in it."""
    nothing = io.BytesIO()
    tarfile.open(fileobj=nothing, mode="w").close()
    subprocess.run(["docker", "import", "-", EMPTY], input=nothing.getvalue(), check=True, capture_output=True)
    yield EMPTY
    docker_cli("rmi", EMPTY)


def refused(*words: str) -> str:
    done = rehearse("up", *words)
    assert done.returncode == 1, done.stdout
    assert left_over().keys() <= {"files"}, "the generated keys may stay: a later `up` uses them"
    return done.stderr


def test_an_image_that_is_not_there_is_named() -> None:
    assert "there is no image nobody/has-this" in refused("--image", "nobody/has-this")


def test_an_image_without_a_shell_is_refused(empty_image: str) -> None:
    assert "has no `sh`" in refused("--image", empty_image)


def test_an_image_without_python_is_told_what_to_set() -> None:
    Images(Engine(str(CHECKOUT)), tell=lambda _: None, install=lambda _: None).own()
    assert "healthCommand" in refused("--image", BASE)


def test_a_disk_that_is_nearly_full_is_told_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 99, 2**20))
    with pytest.raises(WorldError, match=rf"1 MiB free.*needs {machine.DISK} MiB"):
        machine.has_room(Engine(str(CHECKOUT)))
