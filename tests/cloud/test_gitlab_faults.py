"""Faults of GitLab's API as its official client meets them, over HTTPS."""

from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
import requests

from tests.cloud.gitlab_server import Site, serving

pytestmark = pytest.mark.integration


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site


@pytest.mark.parametrize(
    ("kind", "status", "made"),
    [("429", 429, 0), ("500-before", 500, 0), ("500-after", 500, 1), ("revoked", 401, 0)],
)
def test_gitlab_fails_in_its_own_words(site: Site, kind: str, status: int, made: int) -> None:
    site.inject(f"{kind}:POST /api/v4/projects/{{project}}/variables")
    with pytest.raises(gitlab.GitlabError) as caught:
        site.client().http_post("/projects/group%2Fsite/variables", post_data={"key": "DEBUG", "value": "0"}, obey_rate_limit=False)
    assert (caught.value.response_code, site.fired()) == (status, [1])
    site.inject()
    assert len(site.project().variables.list(get_all=True)) == made


def test_gitlabs_connection_is_cut_too(site: Site) -> None:
    site.inject("reset-after:POST /api/v4/projects/*/variables")
    project = site.project()
    with pytest.raises(requests.ConnectionError):
        project.variables.create({"key": "DEBUG", "value": "0"})
    assert [variable.key for variable in project.variables.list(get_all=True)] == ["DEBUG"]


def test_a_new_variable_of_gitlab_is_not_found_for_a_time(site: Site) -> None:
    site.inject("404-after-create:POST /api/v4/projects/*/variables", seconds=60)
    project = site.project()
    project.variables.create({"key": "DEBUG", "value": "0"})
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found"):
        project.variables.get("DEBUG")
    site.inject()
    assert project.variables.get("DEBUG").value == "0"
