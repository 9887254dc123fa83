"""The machine that whole rehearsals run on."""

from collections.abc import Iterator

import pytest

from rehearsal.home import Home
from tests.rehearsal.rehearsing import rehearse


@pytest.fixture(scope="module")
def machine() -> Iterator[None]:
    """This machine with no rehearsal on it, before and after."""
    if Home().stacks():
        pytest.fail("a rehearsal is on this machine, and these tests would take it down; end it first: make down")
    rehearse("down")
    yield
    rehearse("down")
