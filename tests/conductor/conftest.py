"""A stage of its own for each test."""

from pathlib import Path

import pytest

from tests.conductor.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """The program of commands, nothing made yet."""
    return Stage(folder=tmp_path)
