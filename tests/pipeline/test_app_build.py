"""How the image is built and pushed where this machine can't: by a BuildKit of its own, and for a registry of DigitalOcean.

The job's script runs here, on a pretended `docker` that notes what it is asked.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.app import app
from tests.pipeline.events import branch
from tests.pipeline.gitlab_ci_local import Finished

DIGEST = "sha256:" + "0" * 64
REPOSITORY = "registry.gitlab.com/example/site"
VARIABLES = {
    "CI_REGISTRY": "registry.gitlab.com",
    "CI_REGISTRY_IMAGE": REPOSITORY,
    "CI_REGISTRY_USER": "ci",
    "CI_REGISTRY_PASSWORD": "the-password",
}
# The first pull finds nothing; the password comes on stdin and is never among the words.
DOCKER = f"""#!/bin/sh
echo "$*" >> "$NOTES"
case "$1" in
  login) cat > "$NOTES.password" ;;
  pull) [ -e "$NOTES.pushed" ] || {{ touch "$NOTES.pushed"; exit 1; }} ;;
  image) printf '%s\\n' "another.registry/site@sha256:1" "$EXPECTED@{DIGEST}" ;;
esac
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What docker was asked, a line each; the job's home is a folder of the test's."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text(DOCKER)
    (tmp_path / "bin" / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    monkeypatch.setenv("EXPECTED", REPOSITORY)
    return tmp_path / "notes"


def build(tmp_path: Path, *, variables: dict[str, str] = VARIABLES, **inputs: Any) -> tuple[Finished, str]:
    project = app(tmp_path / "site", docker_services=[], **inputs)
    done = project.run(branch("main"), "build", variables=variables, options=["--force-shell-executor", "--shell-isolation"])
    assert done.jobs == {"build": "PASS"}, done.log
    return done, project.commit


def test_it_is_built_by_buildkit_with_its_cache_in_the_registry(tmp_path: Path, notes: Path) -> None:
    done, commit = build(tmp_path, build_options="--build-arg=A=b")
    (line,) = [line for line in notes.read_text().splitlines() if line.startswith("buildx build")]
    assert line.split() == [
        *("buildx", "build", "--tag", f"{REPOSITORY}:{commit}", "--label", f"org.opencontainers.image.revision={commit}"),
        *("--label", "org.opencontainers.image.source=https://gitlab.com/example/site", "--push", "--provenance=false"),
        *("--cache-from", f"type=registry,ref={REPOSITORY}/cache", "--cache-to", f"type=registry,ref={REPOSITORY}/cache,mode=max"),
        *("--build-arg=A=b", "."),
    ]
    assert (done.artifacts / "build" / "image.env").read_text() == f"IMAGE={REPOSITORY}@{DIGEST}\n"


def test_the_password_of_the_registry_is_not_on_a_command_line(tmp_path: Path, notes: Path) -> None:
    done, _ = build(tmp_path)
    assert notes.read_text().splitlines()[0] == "login --username ci --password-stdin registry.gitlab.com"
    assert notes.with_name("notes.password").read_text() == "the-password"
    assert "the-password" not in notes.read_text() + done.log


def test_a_registry_of_digitalocean_is_opened_by_the_variable_of_the_stack(
    tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "auth").write_text('{"auths": {}}')
    repository = "registry.digitalocean.com/example/site"
    monkeypatch.setenv("EXPECTED", repository)
    done, _ = build(tmp_path, variables={"REGISTRY_AUTH": str(tmp_path / "auth")}, registry="digitalocean", repository=repository)
    assert (tmp_path / ".docker" / "config.json").read_text() == '{"auths": {}}'
    assert "login" not in notes.read_text()
    assert (done.artifacts / "build" / "image.env").read_text() == f"IMAGE={repository}@{DIGEST}\n"
