"""A cloud of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.digitalocean_server import Api, serving
from tests.cloud.recording_world import RecordingWorld


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The running stand-in, empty, with a world that only takes notes."""
    with serving(tmp_path, RecordingWorld()) as api:
        yield api
