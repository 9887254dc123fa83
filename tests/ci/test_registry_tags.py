"""Old releases leave the registry: which tags go, and how each registry is asked to let them go."""

from typing import Any

import pytest

from ci.registry_tags import DigitalOceanTags, GitLabTags, tags_of
from ci.releases import Credentials, Releases
from ci.thing import CloudError
from tests.ci.stage import Stage
from tests.cloud.digitalocean_server import TOKEN as DIGITALOCEAN_TOKEN
from tests.cloud.gitlab_server import OTHER, PATH, TOKEN

GITLAB, DIGITALOCEAN = f"registry.gitlab.com/{PATH}", "registry.digitalocean.com/acme/site"


def gitlab_tags(stack: str = "staging", token: str = TOKEN) -> GitLabTags:
    return GitLabTags(stack=stack, token=token)


def outdated(monkeypatch: pytest.MonkeyPatch, digests: dict[str, str], stack: str = "staging") -> list[str]:
    """What is outdated in a registry with these tags."""
    monkeypatch.setattr("ci.releases.DXF.list_aliases", lambda _: sorted(digests))
    monkeypatch.setattr("ci.releases.DXF.head_manifest_and_response", lambda _, tag: (digests[tag], None))
    return Releases(stack, f"{GITLAB}@sha256:0", Credentials(name="ci", password="x"), keep=5).outdated()


def deployed(digests: str, stack: str = "staging") -> dict[str, str]:
    return {f"deployed-{stack}-{number}": digest for number, digest in enumerate(digests, 1)}


@pytest.mark.parametrize(
    ("digests", "gone"),
    [
        ("", []),
        ("abcde", []),
        ("abcdef", [1]),
        ("abcdefghijkl", [1, 2, 3, 4, 5, 6, 7]),
        ("aaaaaaaaaa", []),
        ("abcdefb", [1]),
        ("abacdefg", [1, 2, 3]),
        ("ab" * 40 + "c", []),
        ("a" + "bc" * 40 + "de", []),
        ("xa" + "bc" * 40 + "de", [1]),
    ],
)
def test_what_is_older_than_the_five_newest_digests_is_outdated(monkeypatch: pytest.MonkeyPatch, digests: str, gone: list[int]) -> None:
    assert outdated(monkeypatch, deployed(digests)) == [f"deployed-staging-{number}" for number in gone]


def test_the_newest_number_stays_whatever_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci.releases.kept", lambda *_: set())
    assert outdated(monkeypatch, deployed("ab")) == ["deployed-staging-1"]


def test_tags_that_are_not_of_the_stacks_releases_are_never_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    others = deployed("abcdefgh", "production") | deployed("abcdefgh", "staging-2") | {"latest": "a", "deployed-staging-x": "b"}
    assert outdated(monkeypatch, others) == []
    assert outdated(monkeypatch, others | deployed("abcdef")) == ["deployed-staging-1"]


def test_the_image_says_which_registry_it_is() -> None:
    assert isinstance(tags_of("staging", GITLAB, TOKEN), GitLabTags)
    assert isinstance(tags_of("staging", DIGITALOCEAN, DIGITALOCEAN_TOKEN), DigitalOceanTags)


@pytest.mark.integration
@pytest.mark.parametrize("path", [PATH, f"{PATH}/web", f"{PATH}/web/api"])
def test_tags_of_gitlab_go_from_the_repository_that_is_named(stage: Stage, path: str) -> None:
    before = {"deployed-staging-1", "deployed-staging-2", "deployed-production-1"}
    stage.site.world.pushed = {name: set(before) for name in (PATH, f"{PATH}/web", f"{PATH}/web/api", OTHER)}
    gitlab_tags().remove(f"registry.gitlab.com/{path}", ["deployed-staging-1"])
    left = stage.site.world.pushed
    assert left.pop(path) == before - {"deployed-staging-1"}
    assert all(tags == before for tags in left.values())


@pytest.mark.integration
def test_a_repository_is_found_behind_many_others(stage: Stage) -> None:
    stage.site.world.pushed = {f"{PATH}/part-{number}": {"a", "b"} for number in range(45)}
    gitlab_tags().remove(f"{GITLAB}/part-44", ["a"])
    assert stage.site.world.pushed[f"{PATH}/part-44"] == {"b"}


@pytest.mark.integration
def test_a_tag_that_is_gone_already_is_fine_and_the_next_one_goes(stage: Stage) -> None:
    stage.site.world.pushed = {PATH: {"b"}, "acme/site": {"b"}}
    gitlab_tags().remove(GITLAB, ["a", "b"])
    with stage.site.digitalocean() as client:
        client.registries.create({"name": "acme", "subscription_tier_slug": "basic"})
    DigitalOceanTags(token=DIGITALOCEAN_TOKEN).remove(DIGITALOCEAN, ["a", "b"])
    assert stage.site.world.pushed == {PATH: set(), "acme/site": set()}


@pytest.mark.integration
def test_a_repository_of_digitalocean_may_have_a_slash(stage: Stage) -> None:
    stage.site.world.pushed = {"acme/site": {"a"}, "acme/site/web": {"a", "b"}}
    with stage.site.digitalocean() as client:
        client.registries.create({"name": "acme", "subscription_tier_slug": "basic"})
    DigitalOceanTags(token=DIGITALOCEAN_TOKEN).remove(f"{DIGITALOCEAN}/web", ["a"])
    assert stage.site.world.pushed == {"acme/site": {"a"}, "acme/site/web": {"b"}}


@pytest.mark.integration
def test_what_a_cloud_refuses_is_told_with_the_token_that_is_to_be_looked_at(stage: Stage) -> None:
    assert stage
    with pytest.raises(CloudError, match=r"^GitLab: 401.*GITLAB_TOKEN"):
        gitlab_tags(token="glpat-wrong").remove(GITLAB, ["a"])
    with pytest.raises(CloudError, match=r"^DigitalOcean: Unable to authenticate you; may DIGITALOCEAN_TOKEN"):
        DigitalOceanTags(token="wrong").remove(DIGITALOCEAN, ["a"])


@pytest.mark.integration
def test_a_repository_without_a_project_and_one_that_is_not_there_are_told(stage: Stage) -> None:
    assert stage
    with pytest.raises(CloudError, match=r"no project that GITLAB_TOKEN .* has the repository nobody/nothing"):
        gitlab_tags().remove("registry.gitlab.com/nobody/nothing", [])
    with pytest.raises(CloudError, match=f"the registry of {PATH} has no repository {PATH}/web"):
        gitlab_tags().remove(f"{GITLAB}/web", ["a"])


def policy(stage: Stage, **attributes: Any) -> Any:
    """The project's policy, after what a team has set."""
    project = stage.site.project()
    if attributes:
        stage.site.client().projects.update(project.id, {"container_expiration_policy_attributes": attributes})
    return stage.site.project().container_expiration_policy


def puts(stage: Stage) -> int:
    calls = stage.site.calls.show()["calls"]
    return sum(call["count"] for call in calls if call["operation"] == "PUT /api/v4/projects/{project}")


@pytest.mark.integration
def test_where_no_policy_is_enabled_none_is_made(stage: Stage) -> None:
    gitlab_tags().remove(GITLAB, [])
    assert puts(stage) == 0, "other tags are the team's"


@pytest.mark.integration
@pytest.mark.parametrize("keep", ["deployed-.*", ".*", "deployed-staging-[0-9]+", r"(v|deployed-)\S+", "main|v.*|.*-staging-.*"])
def test_an_enabled_policy_that_keeps_the_releases_is_left_alone(stage: Stage, keep: str) -> None:
    before = policy(stage, enabled=True, keep_n=1, name_regex_keep=keep)
    gitlab_tags().remove(GITLAB, [])
    assert (policy(stage), puts(stage)) == (before, 1)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("keep", "wider"),
    [
        (None, "deployed-.*"),
        ("", "deployed-.*"),
        ("v.*", "v.*|deployed-.*"),
        ("deployed", "deployed|deployed-.*"),
        (r"deployed-staging-\d", r"deployed-staging-\d|deployed-.*"),
        ("deployed-production-.*", "deployed-production-.*|deployed-.*"),
    ],
)
def test_an_enabled_policy_that_would_take_releases_keeps_them_besides(stage: Stage, keep: str | None, wider: str) -> None:
    before = policy(stage, enabled=True, keep_n=1, name_regex="dev-.*", name_regex_keep=keep)
    gitlab_tags().remove(GITLAB, [])
    gitlab_tags().remove(GITLAB, [])
    assert policy(stage) | {"next_run_at": None} == before | {"next_run_at": None, "name_regex_keep": wider}
    assert puts(stage) == 2, "the team's, and one more"


@pytest.mark.integration
def test_tags_go_also_where_the_policy_may_not_be_changed(stage: Stage) -> None:
    stage.site.world.pushed = {PATH: {"a"}}
    policy(stage, enabled=True, name_regex_keep="v.*")
    stage.site.inject("500-before:PUT /api/v4/projects/{id}")
    with pytest.raises(CloudError, match="maintainer"):
        gitlab_tags().remove(GITLAB, ["a"])
    assert stage.site.world.pushed == {PATH: set()}
