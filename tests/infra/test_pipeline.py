"""What GitLab is told."""

import pytest

from tests.infra.build import Build
from tests.infra.engine import Engine


def test_no_gitlab_project_is_owned(build: Build, full: Build) -> None:
    """Its settings are its people's, and deleting it would delete their code."""
    assert not build.all("gitlab.Project") + full.all("gitlab.Project")


def test_a_variable_is_masked_or_a_file_and_never_expanded(build: Build) -> None:
    for variable in build.all("gitlab.ProjectVariable"):
        inputs = variable.plain
        assert inputs["masked"] or inputs["variableType"] == "file", variable.name
        assert inputs["raw"], f"{variable.name}: GitLab would expand a dollar sign in it"


def test_a_variable_reaches_jobs_of_protected_branches_of_its_own_stack_only(build: Build) -> None:
    for variable in build.all("gitlab.ProjectVariable"):
        assert variable.plain["protected"], variable.name
        assert variable.plain["environmentScope"] == build.stack, variable.name


def test_every_variable_that_is_a_key_is_a_file_that_ends_with_a_newline(build: Build) -> None:
    for variable in build.all("gitlab.ProjectVariable"):
        if variable.name.endswith("_KEY") and variable.name.startswith(("SSH", "DEPLOY")):
            assert variable.plain["variableType"] == "file"
            assert variable.plain["value"].endswith("\n"), f"ssh refuses a key without its last newline: {variable.name}"


def test_what_is_empty_in_config_is_no_variable(engine: Engine) -> None:
    names = {v.name for v in engine.build("staging", stateUrl="", stateAccessKey="", stateSecretKey="").all("gitlab.ProjectVariable")}
    assert names == {"DIGITALOCEAN_TOKEN", "GITLAB_TOKEN", "SSH_KEY", "DEPLOY_KEY"}


def test_the_deploy_key_can_read_only(build: Build) -> None:
    key = build.one("gitlab.DeployKey").plain
    assert key["canPush"] is False
    assert key["project"] == "example/site"


def test_the_pull_token_can_read_the_registry_only(build: Build) -> None:
    assert build.one("gitlab.ProjectDeployToken").plain["scopes"] == ["read_registry"]


def test_the_registrys_credential_at_digitalocean_can_not_push(full: Build) -> None:
    assert full.one("digitalocean.ContainerRegistryDockerCredentials", "registry-1").plain["write"] is False


def test_only_the_apps_pipeline_gets_what_pushes_to_digitaloceans_registry(full: Build) -> None:
    assert full.one("digitalocean.ContainerRegistryDockerCredentials", "registry-push-1").plain["write"] is True
    given = full.one("gitlab.ProjectVariable", "REGISTRY_AUTH").plain
    assert (given["project"], given["variableType"], given["protected"]) == ("example/site", "file", True)


def test_nobody_rewrites_the_main_branch(production: Build) -> None:
    protected = production.all("gitlab.BranchProtection")
    assert {rule.plain["project"] for rule in protected} == {"example/site", "example/deployment"}
    assert not [rule for rule in protected if rule.plain["branch"] != "main" or rule.plain["allowForcePush"]]


def test_an_environment_is_named_like_the_stack_and_links_to_the_site(build: Build) -> None:
    for environment in build.all("gitlab.ProjectEnvironment"):
        assert environment.plain["name"] == build.stack
        assert environment.plain["externalUrl"] == build.exports["url"]


def test_one_project_for_both_gets_everything_once(engine: Engine) -> None:
    build = engine.build("production", appProject="example/one", infraProject="example/one")
    for short in ("gitlab.ProjectEnvironment", "gitlab.BranchProtection", "gitlab.DeployKey"):
        assert [resource.plain["project"] for resource in build.all(short)] == ["example/one"]


@pytest.mark.parametrize("left_out", ["appProject", "infraProject"])
def test_a_project_that_is_left_out_gets_nothing(engine: Engine, left_out: str) -> None:
    build = engine.build("production", **{left_out: ""})
    there = {"appProject": "example/deployment", "infraProject": "example/site"}[left_out]
    declared = {resource.plain["project"] for resource in build.resources.values() if resource.type.startswith("gitlab:")}
    assert declared == {there}


def test_maintainers_alone_deploy_to_a_protected_stack_where_the_tier_has_that(engine: Engine) -> None:
    made = engine.build("production", gitlabTier="premium").one("gitlab.ProjectProtectedEnvironment").plain
    assert made["project"] == "example/deployment"
    assert made["environment"] == "production"
    assert made["deployAccessLevelsAttributes"] == [{"accessLevel": "maintainer"}]


@pytest.mark.parametrize(("stack", "tier"), [("production", "free"), ("staging", "premium")])
def test_no_environment_is_protected_without_the_tier_or_where_developers_deploy(engine: Engine, stack: str, tier: str) -> None:
    assert not engine.build(stack, gitlabTier=tier).all("gitlab.ProjectProtectedEnvironment")
