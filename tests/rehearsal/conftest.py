"""The machine that whole rehearsals run on."""

from collections.abc import Iterator

import pytest

from rehearsal.home import Home
from tests.rehearsal.rehearsing import Visitor, rehearse


def _nothing_here() -> None:
    if Home().stacks():
        pytest.fail("a rehearsal is on this machine, and these tests would take it down; end it first: make down")
    rehearse("down")


@pytest.fixture(scope="module")
def machine() -> Iterator[None]:
    """This machine with no rehearsal on it, before and after."""
    _nothing_here()
    yield
    rehearse("down")


@pytest.fixture(scope="session")
def staging() -> Iterator[Visitor]:
    """A visitor of the rehearsed staging site. It stays for all who ask for it: the files that do come last by name."""
    _nothing_here()
    done = rehearse("up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "https://staging.localhost" in done.stdout
    with Visitor() as visitor:
        yield visitor
    rehearse("down")
