"""`setup`: what GitLab has to know for the pipeline, looked up first and changed only where it is not so."""

import json
from pathlib import Path
from typing import Any

import pytest
from gitlab.v4.objects import Project

from ci import setup
from ci.cli import CliError
from ci.thing import CloudError
from rehearsal.cloud.gitlab import resource_groups
from tests.ci.calling import call
from tests.ci.stage import Stage
from tests.cloud.gitlab_server import OTHER, PATH

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("stage")]
VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
PASSPHRASE = "kT9-w2mQx7-vR4z-pL8n"


@pytest.fixture
def stage(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stack whose pipeline has run, and whose passphrase the environment has."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {registry: {default: gitlab}}\n")
    configured(tmp_path)
    stage.answer(passphrase=PASSPHRASE)
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    resource_groups.begin(stage.site.store, OTHER, "staging")
    return stage


@pytest.fixture
def project(stage: Stage) -> Project:
    return stage.site.project(OTHER)


def configured(folder: Path, config: str = f"{{site:infraProject: {OTHER}, site:appProject: {PATH}}}") -> None:
    (folder / "Pulumi.staging.yaml").write_text(f"encryptionsalt: v1:salt\nconfig: {config}\n")


def policy(stage: Stage, **attributes: Any) -> Any:
    """The cleanup policy of the app's project, after a change."""
    project = stage.site.project()
    if attributes:
        stage.site.client().projects.update(project.id, {"container_expiration_policy_attributes": attributes})
    return stage.site.project().container_expiration_policy


def schedules(project: Project) -> dict[str, Any]:
    found = project.pipelineschedules.list(iterator=True)
    return {one.description: (one.ref, one.cron, one.active, one.inputs) for one in found}


def test_all_of_it_is_made_at_the_first_time_and_nothing_at_the_second(
    stage: Stage, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(setup) == 0
    first = capsys.readouterr().out
    assert [line.split(": ")[1] for line in first.splitlines()] == ["changed", "made", "made", "made", "made"]
    assert project.resource_groups.get("staging").process_mode == "oldest_first"
    assert schedules(project) == {
        "drift": ("refs/heads/main", "17 4 * * *", True, [{"name": "schedule", "value": "daily"}]),
        "checks": ("refs/heads/main", "47 4 * * 1", True, [{"name": "schedule", "value": "weekly"}]),
    }
    before = json.dumps(stage.site.store.collections())
    assert call(setup) == 0
    assert [line.split(": ")[1] for line in capsys.readouterr().out.splitlines()] == ["as it should be"] * 5
    assert json.dumps(stage.site.store.collections()) == before
    assert PASSPHRASE not in first


def test_the_passphrase_is_given_hidden_and_to_its_environment_alone(stage: Stage, project: Project) -> None:
    assert call(setup) == 0
    found = project.variables.get(VARIABLE, filter={"environment_scope": "staging"})
    assert (found.protected, found.masked, found.hidden, found.raw, found.value) == (True, True, True, True, None)
    assert PASSPHRASE in json.dumps(stage.site.store.collections())


def test_a_passphrase_that_is_there_keeps_its_value_and_is_shut_away(project: Project) -> None:
    project.variables.create({"key": VARIABLE, "value": "another-one-of-theirs", "environment_scope": "staging"})
    assert call(setup) == 0
    found = project.variables.get(VARIABLE)
    assert (found.value, found.protected, found.masked) == ("another-one-of-theirs", True, True)


def test_without_a_passphrase_to_give_it_says_how_and_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(VARIABLE)
    assert call(setup) == 4
    assert f"! CI variable {VARIABLE}: waits: export {VARIABLE}=…; python -m ci setup --stack staging\n" in capsys.readouterr().out
    assert policy(stage)["enabled"], "what comes after it is done"


def test_a_passphrase_that_opens_nothing_is_never_given(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a-wrong-one-of-mine")
    with pytest.raises(CliError, match="incorrect passphrase"):
        call(setup)
    assert project.variables.list(get_all=True) == []


def test_a_passphrase_that_gitlab_would_show_in_logs_is_never_given(
    stage: Stage, project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "two words")
    stage.answer(passphrase="two words")
    assert call(setup) == 4
    assert "python -m ci rotate passphrase --stack staging --stdin" in capsys.readouterr().out
    assert project.variables.list(get_all=True) == []


def test_a_resource_group_that_is_not_there_yet_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(tmp_path, f"{{site:infraProject: {PATH}, site:appProject: {PATH}}}")
    assert call(setup) == 4
    out = capsys.readouterr().out
    assert "! resource group staging: waits: GitLab makes it when the first job of staging runs" in out
    assert len(out.splitlines()) == 5


def test_a_schedule_is_found_by_its_description_and_brought_right_whoever_made_it(stage: Stage, project: Project) -> None:
    wrong = {"description": "drift", "ref": "develop", "cron": "0 0 * * *", "active": False}
    made = project.pipelineschedules.create(wrong | {"inputs": [{"name": "more", "value": 1}]})
    with stage.site.store as store:
        store["gitlab_pipeline_schedules"][str(made.id)]["owner"] = {"id": 2, "username": "somebody"}
    assert call(setup) == 0
    found = project.pipelineschedules.get(made.id)
    assert (found.ref, found.cron, found.active) == ("refs/heads/main", "17 4 * * *", True)
    assert {one["name"]: one["value"] for one in found.inputs} == {"more": 1, "schedule": "daily"}
    assert len(project.pipelineschedules.list(get_all=True)) == 2


def test_the_policy_takes_what_commits_are_tagged_by_and_keeps_releases(stage: Stage) -> None:
    assert call(setup) == 0
    found = policy(stage)
    assert (found["enabled"], found["keep_n"], found["older_than"], found["cadence"]) == (True, 10, "14d", "1d")
    assert (found["name_regex"], found["name_regex_keep"]) == ("[0-9a-f]{8,64}", "deployed-.*")


@pytest.mark.parametrize("keep", ["deployed-.*", "v.*|deployed-.*", "(deployed|v).*"])
def test_a_policy_of_the_team_that_keeps_releases_is_left_alone(stage: Stage, keep: str) -> None:
    before = policy(stage, enabled=True, keep_n=5, name_regex_keep=keep)
    assert call(setup) == 0
    assert policy(stage) == before


def test_a_policy_of_the_team_that_would_take_releases_is_widened_and_nothing_else(stage: Stage) -> None:
    policy(stage, enabled=True, keep_n=5, name_regex_keep="v.*")
    assert call(setup) == 0
    found = policy(stage)
    assert (found["name_regex_keep"], found["keep_n"], found["name_regex"]) == ("v.*|deployed-.*", 5, ".*")


def test_a_registry_of_digitalocean_has_no_policy(tmp_path: Path, stage: Stage) -> None:
    configured(tmp_path, f"{{site:infraProject: {OTHER}, site:appProject: {PATH}, site:registry: digitalocean}}")
    assert call(setup) == 0
    assert not policy(stage)["enabled"]


def test_scripts_get_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(setup, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told[0] == {"thing": "resource group staging", "outcome": "changed", "note": "unordered -> oldest_first"}
    assert [step["outcome"] for step in told] == ["changed", "made", "made", "made", "made"]


def test_without_a_project_there_is_nothing_to_set_up(tmp_path: Path) -> None:
    configured(tmp_path, "{}")
    with pytest.raises(CloudError, match="pulumi config set site:infraProject GROUP/PROJECT"):
        call(setup)


def test_a_wrong_token_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-wrong")
    with pytest.raises(CloudError, match="is GITLAB_TOKEN"):
        call(setup)
