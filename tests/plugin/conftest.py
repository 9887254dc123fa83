"""The stand-in for GitLab, one plugin that speaks to it, and a project of its own for each test."""

from collections.abc import Iterator

import pytest
from gitlab.v4.objects import Project

from tests.cloud.gitlab_server import TOKEN, Site, serving
from tests.plugin.samples import SAMPLES, Sample
from tests.plugin.started import Plugin, started


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("gitlab")) as site:
        yield site


@pytest.fixture(scope="package")
def plugin(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    """Configured for the stand-in."""
    with started(tmp_path_factory.mktemp("plugin")) as (plugin, _):
        plugin.configure({"baseUrl": f"{site.url}/api/v4/", "token": TOKEN, "cacertFile": site.certificate, "earlyAuthCheck": "false"})
        yield plugin


@pytest.fixture
def project(site: Site) -> Project:
    return site.new_project()


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample.type.rpartition(":")[2])
def sample(request: pytest.FixtureRequest) -> Sample:
    """All types, one after the other."""
    found: Sample = request.param
    return found
