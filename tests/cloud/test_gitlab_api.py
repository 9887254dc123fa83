"""GitLab's ways of speaking, as its official client meets them: paths, tokens, pages, refusals."""

from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest

from rehearsal.cloud.gitlab import inventory, seed
from rehearsal.cloud.store import Store
from tests.cloud.gitlab_server import OTHER, PATH, TOKEN, Site, answer, serving

pytestmark = pytest.mark.integration


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site


def test_a_project_is_found_by_its_path_and_by_its_id(site: Site) -> None:
    by_path = site.client().projects.get(PATH)
    by_id = site.client().projects.get(by_path.id)
    assert (by_id.path_with_namespace, by_id.default_branch) == (PATH, "main")


def test_a_project_that_was_never_seeded_is_not_there(site: Site) -> None:
    with pytest.raises(gitlab.GitlabGetError, match="404 Project Not Found"):
        site.client().projects.get("group/elsewhere")


def test_the_objects_of_a_project_are_reached_by_its_path_too(site: Site) -> None:
    site.client().projects.get(PATH, lazy=True).variables.create({"key": "DEBUG", "value": "0"})
    assert site.project().variables.get("DEBUG").value == "0"
    assert not site.project(OTHER).variables.list(get_all=True)


def test_seeding_again_keeps_the_projects_and_what_is_in_them(site: Site) -> None:
    before = site.project()
    before.variables.create({"key": "DEBUG", "value": "0"})
    seed(site.store, [PATH])
    assert site.project().id == before.id
    assert site.project().variables.get("DEBUG")


def test_state_outlives_the_process(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.project().variables.create({"key": "DEBUG", "value": "0"})
    with serving(tmp_path) as site:
        assert site.project().variables.get("DEBUG").value == "0"


@pytest.mark.parametrize("option", ["private_token", "oauth_token"])
def test_a_token_is_taken_as_a_private_token_and_as_a_bearer(site: Site, option: str) -> None:
    client = site.client(**{option: TOKEN})
    client.auth()
    assert client.user


def test_the_version_is_told(site: Site) -> None:
    assert all(site.client().version())


@pytest.mark.parametrize("options", [{"private_token": "glpat-wrong"}, {"oauth_token": "glpat-wrong"}, {"job_token": TOKEN}])
def test_another_token_is_refused(site: Site, options: dict[str, str]) -> None:
    with pytest.raises(gitlab.GitlabAuthenticationError, match="401 Unauthorized"):
        site.client(**options).projects.get(PATH)


def test_the_client_finds_all_objects_over_several_pages(site: Site) -> None:
    project = site.client().projects.get(PATH, lazy=True)
    keys = [f"KEY_{number}" for number in range(5)]
    for key in keys:
        project.variables.create({"key": key, "value": "1"})
    assert [variable.key for variable in project.variables.list(get_all=True, per_page=2)] == keys
    pages = project.variables.list(iterator=True, per_page=2)
    assert (pages.total, pages.total_pages, pages.prev_page, pages.next_page) == (5, 3, None, 2)
    assert [variable.key for variable in project.variables.list(page=3, per_page=2)] == keys[4:]
    assert project.variables.list(page=4, per_page=2) == []


def test_what_the_stand_in_does_not_answer_is_named(site: Site) -> None:
    with pytest.raises(gitlab.GitlabHttpError) as caught:
        site.client().http_get("/projects/group%2Fsite/snippets", token="not-to-be-repeated")
    status, body = answer(caught)
    assert (status, body["error"]) == (404, "404 Not Found")
    assert "does not answer GET /api/v4/projects/group%2Fsite/snippets;" in body["hint"]
    assert "not-to-be-repeated" not in body["hint"]
    site.calls.reset()


def test_missing_and_wrong_parameters_are_named_without_their_values(site: Site) -> None:
    with pytest.raises(gitlab.GitlabHttpError) as caught:
        site.client().http_post("/projects/group%2Fsite/variables", post_data={"value": ["not-to-be-repeated"], "variable_type": "secret"})
    reasons = "value is invalid, variable_type does not have a valid value, key is missing"
    assert answer(caught) == (400, {"error": reasons})


def test_the_inventory_names_what_clients_made_and_nothing_that_was_there_before(site: Site) -> None:
    assert inventory(site.store) == []
    project = site.project()
    project.variables.create({"key": "SSH_KEY", "value": "x", "environment_scope": "staging"})
    project.protectedtags.create({"name": "release-*"})
    names = [(entry["kind"], entry["name"]) for entry in inventory(site.store)]
    assert names == [("gitlab:variable", f"SSH_KEY@staging in {PATH}"), ("gitlab:protected_tag", f"release-* in {PATH}")]


def test_the_inventory_is_read_without_a_server(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.project().environments.create({"name": "staging"})
    entry, *others = inventory(Store(tmp_path / "cloud.json"))
    assert (entry["kind"], entry["name"], others) == ("gitlab:environment", f"staging in {PATH}", [])
