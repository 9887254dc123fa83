"""Which jobs of the app's pipeline an event brings, evaluated by gitlab-ci-local."""

from pathlib import Path

import pytest

from tests.pipeline.app import app
from tests.pipeline.events import FORK, Event, branch, merge_request, tag
from tests.pipeline.gitlab_ci_local import Project

pytestmark = pytest.mark.integration
CHECKS = {"lint", "mypy", "bandit", "dependencies", "secrets", "migrations", "test: [3.13]"}
RELEASE = {"build", "scan", "smoke", "hand-over", "release"}
NOTHING: set[str] = set()

EVENTS: dict[str, tuple[Event, set[str]]] = {
    "merge request": (merge_request("feature"), CHECKS),
    "merge request of a fork": (merge_request("feature", project=FORK), CHECKS),
    "merge request of a fork, run by a member": (merge_request("feature", CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=FORK), CHECKS),
    "push to another branch": (branch("feature"), NOTHING),
    "push to develop": (branch("develop"), CHECKS),
    "push to develop with a merge request": (branch("develop", CI_OPEN_MERGE_REQUESTS="example/site!1"), NOTHING),
    "push to main": (branch("main"), CHECKS | RELEASE),
    "push to main with a merge request": (branch("main", CI_OPEN_MERGE_REQUESTS="example/site!1"), CHECKS | RELEASE),
    "push to main of a fork": (branch("main", project=FORK), CHECKS),
    "run of main by hand": (branch("main", source="web"), CHECKS | RELEASE),
    "schedule": (branch("main", source="schedule"), CHECKS),
    "tag v1.0": (tag("v1.0"), CHECKS | RELEASE),
    "tag v1.0 of a fork": (tag("v1.0", project=FORK), CHECKS),
    "another tag": (tag("note"), NOTHING),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return app(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_brings_these_jobs(site: Project, name: str) -> None:
    event, expected = EVENTS[name]
    assert {job.name for job in site.jobs(event)} == expected


def test_no_job_waits_for_a_click_or_may_fail(site: Project) -> None:
    assert {(job.when, job.allow_failure) for job in site.jobs(branch("main"))} == {("on_success", False)}


def test_checks_begin_at_once_and_nothing_is_built_before_all_of_them(site: Project) -> None:
    stages = {job.name: job.stage for job in site.jobs(branch("main"))}
    assert {stages[name] for name in CHECKS} == {"check"}
    assert [stages[name] for name in ("build", "scan", "smoke", "hand-over", "release")] == [
        *("build", "verify", "verify", "release", "release")
    ]
    assert "needs" not in site.config["build"]
    assert "needs" not in site.config["hand-over"]


def test_only_jobs_that_change_nothing_are_interruptible(site: Project) -> None:
    interruptible = {name for name, job in site.config.items() if isinstance(job, dict) and job.get("interruptible")}
    assert interruptible == {name.partition(":")[0] for name in CHECKS} | {"scan", "smoke"}


def test_other_branches_and_tags_are_inputs(tmp_path: Path) -> None:
    site = app(
        tmp_path,
        release_branch="trunk",
        test_branches=r"/^(develop|release\/.+)$/",
        release_tags="/^$/",
        types=False,
        python_versions=["3.12"],
    )
    checks = CHECKS - {"mypy", "test: [3.13]"} | {"test: [3.12]"}
    found = {name: {job.name for job in site.jobs(branch(name))} for name in ("trunk", "release/1.0", "main")}
    assert found == {"trunk": checks | RELEASE, "release/1.0": checks, "main": NOTHING}
    assert site.jobs(tag("v1.0")) == []


def test_only_tags_may_be_released(tmp_path: Path) -> None:
    site = app(tmp_path, release_branch="", test_branches="/^main$/")
    found = [{job.name for job in site.jobs(event)} for event in (branch("main"), merge_request("feature"), tag("v1.0"))]
    assert found == [CHECKS, CHECKS, CHECKS | RELEASE]
