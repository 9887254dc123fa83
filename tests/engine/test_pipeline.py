"""This program's own pipeline, run job by job by gitlab-ci-local with nothing but what GitLab would give a job on main.

The test that matters most: a release, an infrastructure-only pipeline, a rollback, an infrastructure-only pipeline, and each time the
right digest runs.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
import yaml

from rehearsal import sample
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

    def run(self, job: str, **more: str) -> Finished:
        """Run one job of a pipeline on main."""
        event = branch("main", project=INFRA_PROJECT, source="pipeline" if "IMAGE" in more else "push", **more)
        finished = self._project.run(event, job, variables=self._variables(), options=["--force-shell-executor"])
        assert finished.jobs == {job: "PASS"}, finished.log
        return finished

    def _variables(self) -> dict[str, str]:
        workspace = self._stack.workspace
        url, token = workspace.environment["GITLAB_BASE_URL"].partition("/api/")[0], workspace.home.generated("cloud", "gitlab:token")
        client = gitlab.Gitlab(url, private_token=token, ssl_verify=workspace.environment["SSL_CERT_FILE"])
        with client:
            found = [made.attributes for made in client.projects.get(INFRA_PROJECT).variables.list(get_all=True)]
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
    made = [
        call["operation"] for call in stack.calls() if call["operation"].endswith("/v2/firewalls") or "firewalls/{" in call["operation"]
    ]
    assert [operation.partition(" ")[0] for operation in made if not operation.startswith("GET")] == ["POST", "DELETE"]
