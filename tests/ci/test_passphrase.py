"""The passphrase of a stack: what is encrypted anew, what the pipeline gets, and what is left to do."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from gitlab.v4.objects import Project

from tests.ci.stage import Ran, Stage
from tests.ci.test_stack_config import secure
from tests.cloud.gitlab_server import OTHER

pytestmark = pytest.mark.integration
VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
OLD, NEW = "four-old-words-of-mine", "kT9-w2mQx7-vR4z-pL8n"
SALT = "encryptionsalt: v1:salt\n"
FILE = f"config:\n  site:infraProject: {OTHER}\n  site:secretKey: {json.dumps(secure('key'))}\n"


@pytest.fixture
def stage(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stack that OLD opens."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(SALT + FILE)
    monkeypatch.setenv(VARIABLE, OLD)
    stage.answer(passphrase=OLD)
    return stage


@pytest.fixture
def project(stage: Stage) -> Project:
    """Where the pipeline of the stack runs."""
    return stage.site.project(OTHER)


@pytest.fixture
def rotate(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `rotate passphrase` with a new one on stdin."""

    def run(new: str = NEW) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{new}\n"))
        return stage.ci("rotate", "passphrase", "--stdin")

    return run


def variables(project: Project) -> dict[tuple[str, str], dict[str, Any]]:
    """By name and environment."""
    return {(found.key, found.environment_scope): found.attributes for found in project.variables.list(iterator=True)}


def value(stage: Stage, scope: str) -> str:
    """What a job of this environment gets; nobody is shown what is hidden."""
    records = [record for collection in stage.site.store.collections().values() for record in collection.values()]
    [found] = [record for record in records if record.get("key") == VARIABLE and record.get("environment_scope") == scope]
    return str(found["value"])


def test_everything_is_encrypted_anew_and_the_old_one_is_refused(stage: Stage, rotate: Any, tmp_path: Path) -> None:
    ran = rotate()
    assert (ran.code, ran.err) == (0, "")
    assert stage.answers("passphrase") == NEW
    assert SALT not in (tmp_path / "Pulumi.staging.yaml").read_text()
    assert "the old value: refused (open the config with it: incorrect passphrase)" in ran.out
    for secret in (OLD, NEW):
        assert secret not in ran.out + json.dumps(stage.calls())


def test_the_pipeline_is_given_the_new_one_where_nobody_can_read_it(stage: Stage, rotate: Any, project: Project) -> None:
    assert rotate().code == 0
    [(key, made)] = variables(project).items()
    assert key == (VARIABLE, "staging")
    assert {name: made[name] for name in ("protected", "masked", "hidden", "raw", "value")} == {
        **dict.fromkeys(("protected", "masked", "hidden", "raw"), True),
        "value": None,
    }
    assert value(stage, "staging") == NEW


def test_the_pipelines_variable_of_this_stack_alone_is_changed(stage: Stage, rotate: Any, project: Project) -> None:
    for scope in ("staging", "production"):
        project.variables.create({"key": VARIABLE, "value": OLD, "environment_scope": scope, "masked_and_hidden": True, "raw": True})
    assert rotate().code == 0
    assert (value(stage, "staging"), value(stage, "production")) == (NEW, OLD)
    changed = variables(project)[VARIABLE, "staging"]
    assert (changed["protected"], changed["masked"], changed["hidden"]) == (True, True, True)


def test_a_variable_that_logs_show_is_masked_when_it_is_changed(rotate: Any, project: Project) -> None:
    project.variables.create({"key": VARIABLE, "value": OLD, "environment_scope": "staging"})
    assert rotate().code == 0
    assert variables(project)[VARIABLE, "staging"]["masked"] is True


def test_what_is_left_to_do_is_told(rotate: Any) -> None:
    said = rotate().out
    assert f"commit Pulumi.staging.yaml, and use the new one from now on: export {VARIABLE}=…" in said
    for place in (".pulumi/history", ".pulumi/backups", "older commits of the stack file"):
        assert place in said
    assert "python -m ci status --stack staging" in said
    assert "CI variable" not in said, "that was done"


@pytest.mark.parametrize("lacks", ["project", "token"])
def test_a_pipeline_that_cannot_be_told_is_a_persons_work(
    rotate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: str, project: Project
) -> None:
    if lacks == "project":
        (tmp_path / "Pulumi.staging.yaml").write_text(SALT + FILE.replace(OTHER, "''"))
    else:
        monkeypatch.delenv("GITLAB_TOKEN")
    ran = rotate()
    assert ran.code == 0
    assert f"set the CI variable {VARIABLE} (environment staging, masked and hidden, protected) where the pipeline runs" in ran.out
    assert not variables(project)


def test_a_gitlab_that_refuses_leaves_the_new_one_in_force_and_says_what_to_do(stage: Stage, rotate: Any) -> None:
    stage.site.inject("revoked:GET /api/v4/projects/*")
    ran = rotate()
    assert ran.code == 0
    assert stage.answers("passphrase") == NEW
    assert f"set the CI variable {VARIABLE} of {OTHER} (environment staging) by hand: GitLab: 401" in ran.out
    assert NEW not in ran.out


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("kT9-w2mQx7", "is shorter than 12 characters"),
        ("Password123!", "is too common"),
        (OLD, "is what it was before"),
        (f"{NEW}\n{NEW}", "has more than one line"),
        (f"{NEW}\x07", "holds a character that can't be seen"),
    ],
)
def test_a_new_one_that_is_no_good_is_refused_before_anything_is_touched(
    stage: Stage, rotate: Any, tmp_path: Path, new: str, reason: str
) -> None:
    ran = rotate(new)
    assert ran.code == 1
    assert f"passphrase: {reason}" in ran.err
    assert not [line for line in new.splitlines() if line in ran.out + ran.err]
    assert (tmp_path / "Pulumi.staging.yaml").read_text() == SALT + FILE
    assert not stage.calls()


def test_one_that_is_kept_in_a_file_is_known_too(stage: Stage, rotate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "passphrase").write_text(f"{OLD}\n")
    monkeypatch.setenv(f"{VARIABLE}_FILE", str(tmp_path / "passphrase"))
    monkeypatch.delenv(VARIABLE)
    assert "is what it was before" in rotate(OLD).err
    assert not stage.calls()


def test_a_stack_that_has_none_is_sent_to_where_its_provider_is_changed(stage: Stage, rotate: Any, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(FILE)
    ran = rotate()
    assert ran.code == 1
    assert "the secrets of staging are not encrypted with a passphrase: pulumi stack change-secrets-provider --help" in ran.err
    assert not stage.calls()


def test_a_passphrase_that_does_not_open_the_stack_changes_nothing(
    stage: Stage, rotate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    monkeypatch.setenv(VARIABLE, "it-was-another-one")
    ran = rotate()
    assert ran.code == 1
    assert "incorrect passphrase" in ran.err
    assert (tmp_path / "Pulumi.staging.yaml").read_text() == SALT + FILE
    assert not variables(project)
    assert not stage.calls("stack", "change-secrets-provider")


def test_a_passphrase_that_the_cli_understood_otherwise_is_not_given_to_the_pipeline(stage: Stage, rotate: Any, project: Project) -> None:
    pretended = stage.folder / "pulumi"
    pretended.write_text(pretended.read_text().replace("sys.stdin.readline()", "sys.stdin.readline()[1:]"))
    ran = rotate()
    assert ran.code == 1
    assert "incorrect passphrase" in ran.err
    assert not variables(project)


def test_another_failure_says_nothing_about_the_old_one(stage: Stage, rotate: Any) -> None:
    stage.answer(shut="error: read Pulumi.staging.yaml: input/output error")
    ran = rotate()
    assert ran.code == 0
    assert "the old value: not tried (open the config with it: " in ran.out
    assert "input/output error" in ran.out
