"""The commands `up`, `rollback` and `releases`, as they are called: what they ask the CLI for, and how they end."""

from pathlib import Path

import pytest
import yaml

from tests.ci.stage import ADDRESS, RUNNING, Stage, pending, resource

pytestmark = pytest.mark.integration
STACK = "pulumi:pulumi:Stack"


@pytest.fixture
def stage(stage: Stage, tmp_path: Path) -> Stage:
    """A stack with a stack file, on which nothing runs yet."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {deploySite: {default: true}, proxyImage: {default: caddy:2}}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text("config:\n  site:domain: staging.example.com\n")
    stage.holds(resource(STACK, "site-staging", outputs={"image": "", "next": "push an image, then …"}))
    return stage


def test_an_up_without_a_site_says_what_comes_next(stage: Stage) -> None:
    ran = stage.ci("up")
    assert (ran.code, ran.err) == (0, "")
    assert "push an image, then …" in ran.out
    assert stage.calls("up")[0][:2] == ["--yes", "--skip-preview"]


def test_an_image_is_given_to_this_run_only(stage: Stage, tmp_path: Path) -> None:
    before = (tmp_path / "Pulumi.staging.yaml").read_text()
    assert stage.ci("up", "--image", RUNNING).code == 0
    assert yaml.safe_load(stage.answers("asked"))["config"] == {"site:domain": "staging.example.com", "site:image": RUNNING}
    assert (tmp_path / "Pulumi.staging.yaml").read_text() == before


def test_an_up_after_a_killed_run_recovers_first(stage: Stage) -> None:
    stage.holds(*stage.state.resources, pending=[pending(ADDRESS, "network", {"region": "fra1"})])
    assert stage.ci("up").code == 0
    assert stage.state.pending == []
    assert stage.calls("stack", "import")


def test_an_up_whose_recovery_a_person_has_to_decide_does_not_begin(stage: Stage) -> None:
    stage.new_address()
    stage.holds(*stage.state.resources, pending=[pending(ADDRESS, "network", {"region": "fra1"})])
    ran = stage.ci("up")
    assert ran.code == 1
    assert "it has no name to be known by" in ran.err
    assert not stage.calls("up")


def test_a_locked_stack_is_told_with_who_holds_it(stage: Stage) -> None:
    stage.answer(fails="error: the stack is currently locked by 1 lock(s). created by someone@elsewhere (pid 7) at 2026-01-02T03:04:05Z")
    ran = stage.ci("up")
    assert ran.code == 1
    assert "staging is locked by someone@elsewhere (process 7)" in ran.err


@pytest.mark.parametrize("command", ["rollback", "releases"])
def test_there_is_nothing_to_go_back_to_where_nothing_runs(stage: Stage, command: str) -> None:
    ran = stage.ci(command)
    assert (ran.code, ran.err) == (1, "error: nothing runs on staging yet\n")
    assert not stage.calls("up")
