"""Which jobs of this program's own pipeline an event brings, evaluated by gitlab-ci-local, and what GitLab would give them."""

import shutil
from collections.abc import Mapping

import pytest
import yaml

from rehearsal.home import CHECKOUT, STACKS
from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.pipeline.events import FORK, Event, branch, merge_request, tag
from tests.pipeline.gitlab_ci_local import Job, Project
from tests.pipeline.given import given

pytestmark = pytest.mark.integration
PROJECT = "example/deployment"
IMAGE = f"registry.gitlab.com/example/site@sha256:{'a' * 64}"
CHECKS = {"lint", "test: [tests/infra]", "test: [tests --ignore=tests/infra]", "config: [staging]", "config: [production]"}
PREVIEWS = {"preview-staging", "preview-production"}
CLICKS = {"up-production", "rollback-staging", "rollback-production"}
UP = {"up-staging", "bundle-staging", "bundle-production"} | CLICKS
NOTHING: set[str] = set()


def on(name: str, **more: str) -> Event:
    return branch(name, **{"project": PROJECT, **more})


EVENTS: dict[str, tuple[Event, set[str]]] = {
    "merge request": (merge_request("feature", project=PROJECT), CHECKS | PREVIEWS),
    "merge request of a fork": (merge_request("feature", project=FORK), CHECKS),
    "merge request of a fork, run by a member": (
        merge_request("feature", project=PROJECT, CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=FORK),
        CHECKS,
    ),
    "push to another branch": (on("feature"), NOTHING),
    "push to develop": (on("develop"), NOTHING),
    "push to main": (on("main"), CHECKS | UP),
    "push to main of a fork": (branch("main", project=FORK), CHECKS),
    "run of main by hand": (on("main", source="web"), UP),
    "a release, from the app's pipeline": (on("main", source="pipeline", IMAGE=IMAGE), UP | {"promotion"}),
    "schedule, daily": (on("main", source="schedule", SCHEDULE="daily"), {"drift-staging", "drift-production"}),
    "schedule, weekly": (
        on("main", source="schedule", SCHEDULE="weekly"),
        {f"{what}-{stack}" for what in ("status", "backups") for stack in STACKS} | {"drill-production"},
    ),
    "schedule of a fork": (branch("main", source="schedule", project=FORK, SCHEDULE="daily"), NOTHING),
    "tag v1.0": (tag("v1.0", project=PROJECT), NOTHING),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("deployment")
    shutil.copy(CHECKOUT / ".gitlab-ci.yml", folder)
    return Project(folder, path=PROJECT)


def jobs(own: Project, event: Event) -> dict[str, Job]:
    return {job.name: job for job in own.jobs(event)}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_brings_these_jobs(own: Project, name: str) -> None:
    event, expected = EVENTS[name]
    assert jobs(own, event).keys() == expected


def test_production_and_rollbacks_wait_for_a_click_and_only_production_holds_the_pipeline(own: Project) -> None:
    found = jobs(own, on("main"))
    assert {name for name, job in found.items() if job.when == "manual"} == CLICKS
    assert {name for name, job in found.items() if job.allow_failure} == CLICKS - {"up-production"}


def test_only_jobs_that_change_nothing_are_interruptible(own: Project) -> None:
    interruptible = {name for name, job in own.config.items() if isinstance(job, dict) and job.get("interruptible")}
    assert interruptible - {".check", ".preview"} == {"lint", "test", "config"} | PREVIEWS


def test_whatever_reaches_a_stack_is_alone_there_and_has_its_environment(own: Project) -> None:
    for name, job in own.config.items():
        stack = name.rpartition("-")[2] if name != "promotion" else "production"
        if isinstance(job, dict) and not name.startswith(".") and stack in STACKS and name not in PREVIEWS:
            assert (job["resource_group"], job["environment"]["name"], job["variables"]["STACK"]) == (stack, stack, stack), name


def test_only_what_changes_a_stack_counts_as_a_deployment(own: Project) -> None:
    counted = {
        name
        for name, job in own.config.items()
        if isinstance(job, dict) and not name.startswith(".") and job.get("environment", {"action": ""}).get("action", "start") == "start"
    }
    assert counted == {"up-staging", "up-production", "rollback-staging", "rollback-production"}


@pytest.fixture(scope="module")
def variables(engine: Engine) -> list[Mapping[str, object]]:
    """Every CI variable of this project that either stack declares, and the passphrases that are set by hand."""
    built: list[Build] = [engine.build(stack) for stack in STACKS]
    declared = [made.plain for build in built for made in build.all("gitlab.ProjectVariable") if made.plain["project"] == PROJECT]
    return [*declared, *({"key": "PULUMI_CONFIG_PASSPHRASE", "protected": True, "environmentScope": stack} for stack in STACKS)]


def test_a_merge_request_gets_no_variable_of_a_stack(own: Project, variables: list[Mapping[str, object]]) -> None:
    for name in jobs(own, EVENTS["merge request"][0]):
        assert "environment" not in own.config[name.partition(":")[0]], name
        assert given(variables, environment="", protected=False) == set(), name


@pytest.mark.parametrize("stack", STACKS)
def test_a_merge_request_that_writes_an_environment_into_its_job_gets_none_either(
    variables: list[Mapping[str, object]], stack: str
) -> None:
    assert given(variables, environment=stack, protected=False) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_a_job_on_main_gets_those_of_its_own_stack_only(own: Project, variables: list[Mapping[str, object]], stack: str) -> None:
    got = given(variables, environment=own.config[f"up-{stack}"]["environment"]["name"], protected=True)
    assert {scope for _, scope in got} == {stack}
    assert {key for key, _ in got} >= {"DIGITALOCEAN_TOKEN", "GITLAB_TOKEN", "SSH_KEY", "PULUMI_CONFIG_PASSPHRASE"}


def test_no_job_names_a_secret_in_the_file(own: Project) -> None:
    text = yaml.safe_dump(own.config)
    assert not [word for word in ("dop_v1_", "glpat-", "BEGIN OPENSSH") if word in text]
