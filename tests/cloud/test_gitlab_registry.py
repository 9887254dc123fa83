"""GitLab's registry by its API, as the official client meets it: repositories, their tags, and the cleanup policy of a project."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gitlab
import pytest

from rehearsal.cloud.gitlab import inventory, seed
from tests.cloud.gitlab_server import OTHER, PATH, Site, answer, serving

pytestmark = pytest.mark.integration


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site


def policy(site: Site, **attributes: Any) -> Any:
    """The policy after a change of these attributes."""
    changed = site.client().projects.update(site.project().id, {"container_expiration_policy_attributes": attributes})
    assert changed["container_expiration_policy"] == site.project().container_expiration_policy
    return changed["container_expiration_policy"]


def test_a_repository_is_listed_in_the_project_with_the_longest_path_and_keeps_its_id(site: Site) -> None:
    seed(site.store, [f"{PATH}/web"])
    site.world.pushed = {PATH: {"1"}, f"{PATH}/jobs": {"1"}, f"{PATH}/web/api": {"1"}, OTHER: {"1"}, f"{PATH}s": {"1"}}
    first = site.project().repositories.list(get_all=True)
    assert [(found.path, found.name) for found in first] == [(PATH, ""), (f"{PATH}/jobs", "jobs")]
    assert [found.id for found in site.project().repositories.list(get_all=True)] == [found.id for found in first]
    assert first[0].location == f"registry.gitlab.com/{PATH}"
    assert [found.name for found in site.project(f"{PATH}/web").repositories.list(get_all=True)] == ["api"]
    assert inventory(site.store) == [], "nobody made them by the API"


def test_a_repository_is_found_though_its_project_has_capital_letters(site: Site) -> None:
    seed(site.store, ["Group/Shop"])
    site.world.pushed = {"group/shop": {"1"}}
    assert [found.path for found in site.project("group/shop").repositories.list(get_all=True)] == ["group/shop"]


def test_one_tag_goes_and_the_others_stay(site: Site) -> None:
    site.world.pushed = {PATH: {"a", "b.c_d-1"}}
    (repository,) = site.project().repositories.list(get_all=True)
    repository.tags.delete("b.c_d-1")
    assert site.world.pushed == {PATH: {"a"}}


def test_what_is_not_there_is_not_found(site: Site) -> None:
    site.world.pushed = {PATH: {"a"}}
    (repository,) = site.project().repositories.list(get_all=True)
    with pytest.raises(gitlab.GitlabDeleteError, match="404 Tag Not Found"):
        repository.tags.delete("b")
    with pytest.raises(gitlab.GitlabHttpError) as caught:
        site.client().http_delete(f"/projects/{site.project(OTHER).id}/registry/repositories/{repository.id}/tags/a")
    assert answer(caught) == (404, {"message": "404 Not found"})
    assert site.world.pushed == {PATH: {"a"}}


def test_a_project_begins_with_a_policy_that_is_not_enabled(site: Site) -> None:
    found = site.project().container_expiration_policy
    assert (found["enabled"], found["keep_n"], found["name_regex"], found["name_regex_keep"]) == (False, 10, ".*", None)


def test_a_change_of_the_policy_leaves_what_it_does_not_name(site: Site) -> None:
    policy(site, enabled=True, keep_n=25)
    found = policy(site, name_regex_keep="v.*")
    assert (found["enabled"], found["keep_n"], found["name_regex_keep"], found["older_than"]) == (True, 25, "v.*", "90d")
    assert found["next_run_at"]
    assert not site.project(OTHER).container_expiration_policy["enabled"]


def test_the_pattern_of_what_goes_is_set_by_the_name_that_gitlab_takes(site: Site) -> None:
    assert policy(site, name_regex_delete="dev-.*")["name_regex"] == ".*"
    assert policy(site, name_regex="dev-.*")["name_regex"] == "dev-.*"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"keep_n": 7}, {"container_expiration_policy.keep_n": ["is not included in the list"]}),
        ({"cadence": "2d"}, {"container_expiration_policy.cadence": ["is not included in the list"]}),
        ({"older_than": "1d"}, {"container_expiration_policy.older_than": ["is not included in the list"]}),
    ],
)
def test_a_policy_takes_only_the_values_of_gitlabs_lists(site: Site, attributes: dict[str, Any], message: Any) -> None:
    with pytest.raises(gitlab.GitlabUpdateError) as caught:
        policy(site, **attributes)
    assert answer(caught) == (400, {"message": message})
    assert not site.project().container_expiration_policy["enabled"]


def test_an_enabled_policy_needs_patterns_that_can_be_read(site: Site) -> None:
    with pytest.raises(gitlab.GitlabUpdateError, match="not valid RE2 syntax"):
        policy(site, enabled=True, name_regex_keep="(")


def test_what_else_gitlab_can_change_of_a_project_is_refused_and_not_ignored(site: Site) -> None:
    with pytest.raises(gitlab.GitlabUpdateError) as caught:
        site.client().projects.update(site.project().id, {"description": "x", "container_expiration_policy_attributes": {}})
    assert answer(caught) == (400, {"error": "description is invalid"})
