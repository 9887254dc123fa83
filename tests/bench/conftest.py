"""A site for each test, killed after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.started import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The running site."""
    site = Site(tmp_path)
    site.start()
    yield site
    site.kill()
