"""The app's pipeline, run for the sample: to the digest that is handed over, or stopped where it must be."""

import json
import re
from pathlib import Path

import pytest
import yaml

from rehearsal.home import CHECKOUT
from rehearsal.world.engine import docker_cli
from tests.pipeline.app import Change
from tests.pipeline.events import Event, branch, merge_request, tag
from tests.pipeline.gitlab_ci_local import Finished, Project
from tests.pipeline.running import Runner
from tests.pipeline.test_app_rules import CHECKS, RELEASE

# One after the other: they share the names of their images and of the registry.
pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]

MAIN = branch("main")


@pytest.fixture(scope="module")
def site(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return runner.app(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def released(runner: Runner, site: Project) -> Finished:
    """A pipeline of main that went well."""
    done = runner.run(site, MAIN)
    assert done.exit_code == 0, done.log[-3000:]
    return done


def image(done: Finished) -> str:
    """What the build handed on."""
    name, _, value = (done.artifacts / "build" / "image.env").read_text().strip().partition("=")
    assert name == "IMAGE"
    return value


def test_a_commit_of_main_passes_every_job(released: Finished) -> None:
    assert released.jobs == dict.fromkeys([*CHECKS, *RELEASE, "[release] -> release"], "PASS")


def test_the_digest_is_the_one_in_the_registry_under_the_commit(runner: Runner, site: Project, released: Finished) -> None:
    assert image(released) == f"{runner.repository}@{runner.digest(site.commit)}"
    labels = json.loads(docker_cli("image", "inspect", "--format={{json .Config.Labels}}", image(released)))
    assert labels["org.opencontainers.image.revision"] == site.commit


def test_the_other_project_gets_that_digest_as_an_input(site: Project, released: Finished) -> None:
    child = yaml.safe_load((released.artifacts / "hand-over" / "release.yml").read_text())
    assert child["release"]["trigger"] == {
        "project": "example/deployment",
        "branch": "main",
        "strategy": "mirror",
        "forward": {"yaml_variables": False},
        "inputs": {"image": image(released), "app_sha": site.commit},
    }


def test_the_other_project_takes_these_inputs(released: Finished) -> None:
    child = yaml.safe_load((released.artifacts / "hand-over" / "release.yml").read_text())
    taken = next(yaml.safe_load_all((CHECKOUT / ".gitlab-ci.yml").read_text()))["spec"]["inputs"]
    for name, value in child["release"]["trigger"]["inputs"].items():
        assert re.fullmatch(taken[name]["regex"], value), name


def test_the_image_was_seen_to_serve_and_scanned(released: Finished) -> None:
    digest = image(released).partition("@")[2]
    assert f'200 {{"status": "ok", "release": "{digest}"}}' in released.output("smoke")
    assert f"trivy image --exit-code 1 --ignore-unfixed --severity HIGH,CRITICAL {image(released)}" in released.output("scan")
    assert json.loads((released.artifacts / "scan" / "sbom.cdx.json").read_text())["bomFormat"] == "CycloneDX"


def test_tests_ran_with_postgres_and_a_broker_and_are_reported(released: Finished) -> None:
    assert "5 passed" in released.output("test: [3.13]")
    assert "% coverage" in released.log
    assert {"generated xml file: /builds/example/site/junit.xml", "Coverage XML written to file coverage.xml"} <= {
        line.strip(" -") for line in released.output("test: [3.13]").splitlines()
    }


def test_every_pinned_package_was_asked_about(runner: Runner, released: Finished) -> None:
    assert "No known vulnerabilities found" in released.output("dependencies")
    assert {"django", "celery", "gunicorn"} <= {name.lower() for name in runner.advisories.asked}


def test_nothing_is_left_on_the_machine(released: Finished) -> None:
    assert released.exit_code == 0
    assert docker_cli("ps", "--all", "--quiet", "--filter=name=^pipeline-[0-9]+") == ""
    assert docker_cli("network", "ls", "--quiet", "--filter=name=^pipeline-[0-9]+") == ""


@pytest.mark.parametrize("event", [tag("v1.0"), MAIN], ids=["tag", "again"])
def test_a_tag_of_the_commit_and_a_repeated_pipeline_take_the_same_digest(
    runner: Runner, site: Project, released: Finished, event: Event
) -> None:
    before = image(released)
    done = runner.run(site, event, "build")
    assert "this commit has its image: nothing is built" in done.output("build")
    assert image(done) == before


def test_a_merge_request_is_tested_without_credentials(runner: Runner, tmp_path: Path) -> None:
    project = runner.app(tmp_path)
    nothing = dict.fromkeys(("CI_REGISTRY", "CI_REGISTRY_IMAGE", "CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"), "")
    done = runner.run(project, merge_request("feature"), variables=nothing)
    assert done.jobs == dict.fromkeys(CHECKS, "PASS"), done.log[-3000:]
    assert runner.digest(project.commit) is None


def add(path: str, text: str) -> Change:
    """Adds lines to a file, or makes it."""

    def change(folder: Path) -> None:
        with (folder / path).open("a") as file:
            file.write(text)

    return change


def replace(path: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / path).read_text()
        assert old in text
        (folder / path).write_text(text.replace(old, new))

    return change


# Each has one thing wrong, so that no other job sees it. The key is made of two parts: this file is no place for a whole one.
MISTAKES: dict[str, tuple[Change, str, str]] = {
    "a failing test": (
        replace("guestbook/tasks.py", "len(entry.message.split())", "len(entry.message)"),
        "test: [3.13]",
        "test_the_words_of_an_entry_are_counted",
    ),
    "a missing migration": (
        replace("guestbook/models.py", 'verbose_name_plural = "entries"', 'verbose_name_plural = "all entries"'),
        "migrations",
        "Change Meta options on entry",
    ),
    "a planted secret": (add("config/keys.py", f'AWS = "{"AKIA"}QYLPMN5HHHFPZAM2"\n'), "secrets", "AWS Access Key"),
    "a lint error": (add("config/unused.py", "import os\n"), "lint", "F401"),
    "an unsafe line": (add("config/unsafe.py", 'THREE = eval("1 + 2")  # noqa: S307\n'), "bandit", "B307"),
    "a wrong type": (add("config/wrong.py", 'COUNT: int = "three"\n'), "mypy", "Incompatible types in assignment"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_fails_its_own_job_and_nothing_is_built(runner: Runner, tmp_path: Path, name: str) -> None:
    change, job, said = MISTAKES[name]
    project = runner.app(tmp_path, change=change)
    done = runner.run(project, MAIN)
    assert done.exit_code != 0
    assert done.jobs == {**dict.fromkeys(CHECKS, "PASS"), job: "FAIL"}, done.log[-3000:]
    assert said in done.output(job)
    assert runner.digest(project.commit) is None


def test_a_known_vulnerability_of_a_package_fails(runner: Runner, site: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner.advisories, "vulnerable", "celery")
    done = runner.run(site, MAIN, "dependencies")
    assert done.jobs == {"dependencies": "FAIL"}
    assert "PYSEC-2026-1" in done.output("dependencies")


@pytest.mark.parametrize(
    ("change", "variables", "job", "said"),
    [
        (replace("Dockerfile", "config.wsgi", "config.nothing"), {}, "smoke", "No module named 'config.nothing'"),
        (None, {"VULNERABLE": "1"}, "scan", "1 vulnerability (HIGH)"),
    ],
    ids=["does not start", "vulnerable"],
)
def test_an_image_that_does_not_serve_or_is_vulnerable_is_not_handed_over(
    runner: Runner, tmp_path: Path, change: Change | None, variables: dict[str, str], job: str, said: str
) -> None:
    done = runner.run(runner.app(tmp_path, change=change), MAIN, *RELEASE, variables=variables)
    assert done.exit_code != 0
    assert done.jobs == {"build": "PASS", "scan": "PASS", "smoke": "PASS", job: "FAIL"}, done.log[-3000:]
    assert said in done.output(job)
