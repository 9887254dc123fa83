"""GitLab's own schema of a `.gitlab-ci.yml`, as check-jsonschema brings it (`--builtin-schema vendor.gitlab-ci`)."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from rehearsal.home import CHECKOUT
from tests.pipeline.app import PIPELINE, app
from tests.pipeline.gitlab_ci_local import Project

pytestmark = pytest.mark.integration
PROGRAM = "check-jsonschema"
OWN = CHECKOUT / ".gitlab-ci.yml"


def own(folder: Path) -> Project:
    """This program as a project, as far as its pipeline is concerned."""
    folder.mkdir()
    shutil.copy(OWN, folder)
    return Project(folder, path="example/deployment")


def checked(file: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which(PROGRAM, path=str(Path(sys.executable).parent)) or shutil.which(PROGRAM)
    if not program:
        pytest.skip(f"no {PROGRAM} on the PATH: pip install {PROGRAM}")
    return subprocess.run([program, "--builtin-schema", "vendor.gitlab-ci", str(file)], capture_output=True, text=True)


def header_and_config(text: str, folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """The checker takes one document, and the header of a file with inputs is one of its own."""
    found = []
    for name, document in zip(("header.yml", "config.yml"), text.split("\n---\n"), strict=True):
        (folder / name).write_text(document + "\n")
        found.append(checked(folder / name))
    return found


@pytest.mark.parametrize("file", [PIPELINE, OWN], ids=["the app's", "its own"])
def test_a_pipeline_is_valid(file: Path, tmp_path: Path) -> None:
    for done in header_and_config(file.read_text(), tmp_path):
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("project", [app, own], ids=["the app's", "its own"])
def test_it_is_valid_with_everything_filled_in(project: Callable[[Path], Project], tmp_path: Path) -> None:
    """The schema does not look into hidden jobs, which others extend."""
    file = tmp_path / "config.yml"
    file.write_text(yaml.safe_dump(project(tmp_path / "project").config))
    done = checked(file)
    assert done.returncode == 0, done.stdout


def test_the_pipeline_of_the_sample_is_valid() -> None:
    done = checked(CHECKOUT / "sample" / ".gitlab-ci.yml")
    assert done.returncode == 0, done.stdout


def test_unknown_words_are_found(tmp_path: Path) -> None:
    text = PIPELINE.read_text().replace("type: array", "type: list", 1).replace("  parallel:", "  paralel:", 1)
    assert [done.returncode for done in header_and_config(text, tmp_path)] == [1, 1]
