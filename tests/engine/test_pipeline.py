"""This program's own pipeline, run job by job by gitlab-ci-local with nothing but what GitLab would give a job on main.

The test that matters most: a release, an infrastructure-only pipeline, a rollback, an infrastructure-only pipeline, and each time the
right digest runs.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
import yaml
from gitlab.v4.objects import Project as GitLabProject

from rehearsal import sample
from rehearsal.cloud.gitlab import records, variables
from rehearsal.cloud.store import Store
from rehearsal.home import CHECKOUT
from rehearsal.host import Host
from rehearsal.stack import Stack
from rehearsal.stackfile import INFRA_PROJECT
from rehearsal.up import wait_for_answer
from rehearsal.world import network
from tests.engine.cli import Driven
from tests.pipeline import gitlab_ci_local
from tests.pipeline.events import branch
from tests.pipeline.gitlab_ci_local import Finished, Project
from tests.pipeline.given import given

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
_OF_THE_MACHINE = ("DIGITALOCEAN_API_URL", "GITLAB_BASE_URL", "SITE_REGISTRY", "SSL_CERT_FILE")
"""Where the stand-ins are; on GitLab.com nobody has to say."""
_BY_HAND = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")
"""A state in a folder is not given to the pipeline, and a passphrase is set by `python -m ci setup`."""


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    if reason := gitlab_ci_local.missing():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def site(stack: Driven) -> Iterator[Stack]:
    """The stack's site, which answers."""
    stack.up()
    found = Stack(stack.workspace.stack, stack.workspace.home)
    wait_for_answer(found)
    yield found
    stack.destroy()


class Pipeline:
    """The project with this program, as the stack's workspace has it."""

    def __init__(self, stack: Driven, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        shutil.copytree(stack.workspace.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("state"), dirs_exist_ok=True)
        shutil.copy(CHECKOUT / ".gitlab-ci.yml", folder)
        self._project = Project(folder, path=INFRA_PROJECT)

    def set(self, key: str, value: object) -> None:
        """Merge a change of the stack's file."""
        file = self._folder / self._stack.workspace.file.name
        content = yaml.safe_load(file.read_text())
        content["config"][key] = value
        file.write_text(yaml.safe_dump(content))

    def run(self, job: str, *, ends: str = "PASS", **more: str) -> Finished:
        """Run one job of a pipeline on main: that of a schedule, of a release, or of a push."""
        source = "schedule" if "SCHEDULE" in more else "pipeline" if "IMAGE" in more else "push"
        event = branch("main", project=INFRA_PROJECT, source=source, **more)
        finished = self._project.run(event, job, variables=self._variables(), options=["--force-shell-executor"])
        assert re.search(rf"^ *{ends} +{job}( |$)", finished.log, re.MULTILINE), finished.log
        return finished

    @contextlib.contextmanager
    def gitlab(self) -> Iterator[GitLabProject]:
        """This project, as a maintainer sees it."""
        workspace = self._stack.workspace
        url, token = workspace.environment["GITLAB_BASE_URL"].partition("/api/")[0], workspace.home.generated("cloud", "gitlab:token")
        with gitlab.Gitlab(url, private_token=token, ssl_verify=workspace.environment["SSL_CERT_FILE"]) as client:
            yield client.projects.get(INFRA_PROJECT)

    def _variables(self) -> dict[str, str]:
        """What GitLab's runner gets. The API shows nobody a hidden value, so it comes from the stand-in's own file."""
        workspace = self._stack.workspace
        with self.gitlab() as project:
            found = records.of(Store(workspace.home.store), variables.NOUN, project.id)
        known = [{**variable, "environmentScope": variable["environment_scope"]} for variable in found]
        keys = {key for key, _ in given(known, environment=workspace.stack, protected=True)}
        values = {variable["key"]: self._value(variable) for variable in found if variable["key"] in keys}
        environment = workspace.environment
        return (
            values
            | {name: environment[name] for name in (*_OF_THE_MACHINE, *_BY_HAND)}
            | {
                "PULUMI_HOME": os.environ.get("PULUMI_HOME", ""),
                "JOB_VENV": str(CHECKOUT / ".venv"),
                "RUNNER_ADDRESS": network.GATEWAY,
                "PROJECT": INFRA_PROJECT,
                "CI_JOB_ID": "1",
            }
        )

    def _value(self, variable: dict[str, str]) -> str:
        if variable["variable_type"] != "file":
            return variable["value"]
        file = self._folder.parent / variable["key"]
        file.write_text(variable["value"])
        return str(file)


@pytest.fixture(scope="module")
def pipeline(stack: Driven, site: Stack, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    assert site.exports["image"], "there is something to release over"
    return Pipeline(stack, tmp_path_factory.mktemp("pipeline") / "deployment")


def runs(site: Stack) -> tuple[str, str]:
    """The image that serves, as the swarm has it and as the state says."""
    served = Host(site.home, site.name).output("docker service inspect web --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}'").strip()
    return served, str(site.exports["image"])


def test_the_release_stays_what_it_is_whatever_else_a_pipeline_brings(site: Stack, pipeline: Pipeline) -> None:
    first = str(site.exports["image"])
    second = sample.push_another(home=site.home, repository=first.partition("@")[0])

    pipeline.run("up-staging", IMAGE=second)
    assert runs(site) == (second, second)

    pipeline.set("site:noindex", False)
    pipeline.run("up-staging")
    assert runs(site) == (second, second)

    pipeline.run("rollback-staging")
    assert runs(site) == (first, first)

    pipeline.set("site:noindex", True)
    pipeline.run("up-staging")
    assert runs(site) == (first, first)
    wait_for_answer(site)


def test_ssh_is_open_to_the_runner_for_the_jobs_time_only(stack: Driven, pipeline: Pipeline) -> None:
    stack.forget_calls()
    pipeline.run("up-staging")
    changed = sorted((call["operation"], call["count"]) for call in stack.calls() if "/v2/firewalls" in call["operation"])
    assert [found for found in changed if not found[0].startswith("GET")] == [("DELETE /v2/firewalls/{id}", 1), ("POST /v2/firewalls", 1)]


def test_drift_is_one_issue_until_it_is_mended(stack: Driven, site: Stack, pipeline: Pipeline) -> None:
    pipeline.run("drift-staging", SCHEDULE="daily")
    host = Host(site.home, site.name)
    host.output("docker service create --detach --quiet --name by-hand --replicas 0 $(docker service inspect web"
                " --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}')")  # fmt: skip
    host.output("docker service update --detach --quiet --replicas 2 worker")
    with pipeline.gitlab() as project:
        project.variables.create({"key": "BY_HAND", "value": "anything", "environment_scope": "staging"})

    told = pipeline.run("drift-staging", ends="WARN", SCHEDULE="daily").output("drift-staging")

    assert [name for name in ("docker service by-hand", "BY_HAND", "worker") if name not in told] == []
    with pipeline.gitlab() as project:
        [issue] = project.issues.list(state="opened", get_all=True)
        assert (issue.title, "by-hand" in issue.description, "anything" in issue.description) == ("Drift: staging", True, False)
        project.variables.delete("BY_HAND", filter={"environment_scope": "staging"})
    host.output("docker service rm by-hand")
    assert stack.workspace.cli.run("refresh", "--yes", "--skip-preview")
    pipeline.run("up-staging")
    pipeline.run("drift-staging", SCHEDULE="daily")
    with pipeline.gitlab() as project:
        assert [issue.state for issue in project.issues.list(get_all=True)] == ["closed"]


def test_what_is_set_up_in_gitlab_is_set_up_once(stack: Driven) -> None:
    assert stack.ci("setup").returncode in (0, 4), stack.said
    again = stack.ci("setup", "--json")
    assert {step["outcome"] for step in json.loads(again.stdout)} <= {"kept", "waits"}
