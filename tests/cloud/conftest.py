"""Clouds that tests ask: DigitalOcean's of their own, and GitLab's shared by a file, with a project for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gitlab.v4.objects import Project

from tests.cloud import gitlab_server
from tests.cloud.digitalocean_server import Api, serving
from tests.cloud.gitlab_server import Site
from tests.cloud.recording_world import RecordingWorld


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The running stand-in, empty, with a world that only takes notes."""
    with serving(tmp_path, RecordingWorld()) as api:
        yield api


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """GitLab's stand-in, the same for each test of a file."""
    with gitlab_server.serving(tmp_path_factory.mktemp("gitlab")) as site:
        yield site


@pytest.fixture
def project(site: Site) -> Project:
    """A project with nothing in it."""
    return site.new_project()
