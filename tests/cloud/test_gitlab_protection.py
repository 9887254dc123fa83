"""What jobs deploy to and from: environments, protected branches, protected tags."""

import gitlab
import pytest
from gitlab.v4.objects import Project

pytestmark = pytest.mark.integration


def test_an_environment_is_stopped_before_it_can_be_deleted(project: Project) -> None:
    environment = project.environments.create({"name": "staging"})
    with pytest.raises(gitlab.GitlabDeleteError, match="403 Forbidden"):
        environment.delete()
    environment.stop()
    assert project.environments.get(environment.id).state == "stopped"
    environment.delete()
    assert not project.environments.list(get_all=True)


def test_an_environments_name_is_taken_until_it_is_deleted(project: Project) -> None:
    environment = project.environments.create({"name": "staging"})
    environment.stop()
    with pytest.raises(gitlab.GitlabCreateError, match="has already been taken"):
        project.environments.create({"name": "staging"})
    environment.delete()
    assert project.environments.create({"name": "staging"}).state == "available"


def test_an_environments_address_and_tier_change_and_its_name_does_not(project: Project) -> None:
    environment = project.environments.create({"name": "staging", "external_url": "https://old.test"})
    environment.external_url, environment.tier, environment.name = "https://new.test", "testing", "other"
    environment.save()
    (found,) = project.environments.list(name="staging", get_all=True)
    assert (found.external_url, found.tier) == ("https://new.test", "testing")


@pytest.mark.parametrize(
    ("name", "tier"),
    [("production", "production"), ("staging", "staging"), ("review/topic", "development"), ("qa", "testing"), ("home", "other")],
)
def test_the_tier_comes_from_the_name_where_none_is_given(project: Project, name: str, tier: str) -> None:
    assert project.environments.create({"name": name}).tier == tier


def test_a_tier_that_does_not_exist_is_refused(project: Project) -> None:
    with pytest.raises(gitlab.GitlabCreateError, match="tier does not have a valid value"):
        project.environments.create({"name": "staging", "tier": "prod"})


def test_the_default_branch_is_protected_from_the_start(project: Project) -> None:
    (branch,) = project.protectedbranches.list(get_all=True)
    assert (branch.name, branch.allow_force_push) == ("main", False)
    with pytest.raises(gitlab.GitlabCreateError, match="already exists") as caught:
        project.protectedbranches.create({"name": "main"})
    assert caught.value.response_code == 409


def test_the_default_branch_is_taken_over_by_deleting_its_protection_first(project: Project) -> None:
    project.protectedbranches.delete("main")
    project.protectedbranches.create({"name": "main", "push_access_level": 0, "merge_access_level": 30})
    branch = project.protectedbranches.get("main")
    assert branch.push_access_levels[0]["access_level"] == 0
    assert branch.merge_access_levels[0]["access_level_description"] == "Developers + Maintainers"


def test_a_branch_pattern_with_a_slash_is_one_name(project: Project) -> None:
    project.protectedbranches.create({"name": "release/*"})
    branch = project.protectedbranches.get("release/*")
    branch.allow_force_push = True
    branch.save()
    assert project.protectedbranches.get("release/*").allow_force_push is True
    branch.delete()
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found"):
        project.protectedbranches.get("release/*")


def test_a_patch_leaves_access_levels_as_they_are(project: Project) -> None:
    project.protectedbranches.update("main", {"push_access_level": 0, "allow_force_push": True})
    assert project.protectedbranches.get("main").push_access_levels[0]["access_level"] == 40


def test_an_access_level_that_does_not_exist_is_refused(project: Project) -> None:
    with pytest.raises(gitlab.GitlabCreateError, match="push_access_level does not have a valid value"):
        project.protectedbranches.create({"name": "stable", "push_access_level": 35})


def test_tags_are_protected_by_pattern_for_maintainers_unless_told(project: Project) -> None:
    project.protectedtags.create({"name": "release-*"})
    tag = project.protectedtags.get("release-*")
    assert tag.create_access_levels[0]["access_level"] == 40
    tag.delete()
    assert not project.protectedtags.list(get_all=True)


def test_the_same_tag_is_refused_a_second_time(project: Project) -> None:
    project.protectedtags.create({"name": "v*"})
    with pytest.raises(gitlab.GitlabCreateError, match="already been taken") as caught:
        project.protectedtags.create({"name": "v*", "create_access_level": 0})
    assert caught.value.response_code == 422
    assert project.protectedtags.get("v*").create_access_levels[0]["access_level"] == 40


def test_an_environment_is_protected_once_and_says_who_deploys(project: Project) -> None:
    protection = {"name": "production", "deploy_access_levels": [{"access_level": 40}]}
    project.protected_environments.create(protection)
    with pytest.raises(gitlab.GitlabCreateError, match="already exists"):
        project.protected_environments.create(protection)
    [level] = project.protected_environments.get("production").deploy_access_levels
    assert (level["access_level"], level["access_level_description"]) == (40, "Maintainers")
    project.protected_environments.delete("production")
    assert not project.protected_environments.list(get_all=True)


def test_an_environment_that_nobody_may_deploy_to_is_not_protected(project: Project) -> None:
    with pytest.raises(gitlab.GitlabCreateError):
        project.protected_environments.create({"name": "production", "deploy_access_levels": []})
