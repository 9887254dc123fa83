"""Django's own check: whether it lets a release go on, in a shell and with a real Django."""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.deploy_check import GOES_BACK, going_back
from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.infra.values import IMAGE, NEXT_IMAGE
from tests.programs import program

# Notes its arguments. `run` runs the last one, a script, with its stdin.
_DOCKER = """#!/bin/sh
echo "$*" >> "$STATE/calls"
[ "$1" != run ] || { for word; do last=$word; done; exec sh -c "$last"; }
"""
# A project in one file; DEBUG comes from the stack's environment.
_MANAGE = """import os, sys
from django.conf import settings
settings.configured or settings.configure(DEBUG=os.environ.get("DEBUG") == "1", SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["x"], USE_TZ=True,
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware"],
    SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=3600, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True,
    CSRF_COOKIE_SECURE=True, ROOT_URLCONF="manage")
urlpatterns = []
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""


@dataclass(frozen=True)
class Host:
    """A PATH with a pretended docker, in the folder of a small project."""

    folder: Path

    def check(self, build: Build) -> subprocess.CompletedProcess[str]:
        """Run what the program declares."""
        command = build.one("command.Command", "release-check").plain
        return self.run(shlex.split(command["create"])[-1], command["stdin"])

    def run(self, script: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.folder}:{Path(sys.executable).parent}:/usr/bin:/bin", "STATE": str(self.folder)}
        script = script.replace(GOES_BACK, str(self.folder / "goes-back"))
        return subprocess.run(["sh", "-c", script], cwd=self.folder, env=environment, input=stdin, capture_output=True, text=True)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    program(tmp_path, "docker", _DOCKER)
    (tmp_path / "manage.py").write_text(_MANAGE)
    return Host(tmp_path)


def test_what_passes_says_so_and_leaves_the_release_alone(host: Host, production: Build) -> None:
    ran = host.check(production)
    assert (ran.returncode, ran.stderr) == (0, "System check identified no issues (0 silenced).\n")
    assert ran.stdout == "", "what it prints is told, not kept in the state"


def test_a_finding_stops_production_before_anything_is_changed_and_is_told_with_its_id_and_hint(host: Host, engine: Engine) -> None:
    ran = host.check(engine.build("production", env={"DEBUG": "1"}))
    assert ran.returncode == 1
    assert "(security.W018) You should not have DEBUG set to True in deployment." in ran.stderr
    assert "no migration was run, and no service changed" in ran.stderr
    assert ran.stderr.splitlines()[-1].endswith("pulumi config set site:deployCheck advisory --stack production")


def test_a_finding_is_only_told_on_staging(host: Host, engine: Engine) -> None:
    ran = host.check(engine.build("staging", env={"DEBUG": "1"}))
    assert ran.returncode == 0
    assert "(security.W018)" in ran.stderr
    assert ran.stderr.splitlines()[-1] == "Django's check did not pass (exit code 1); the release goes on"


@pytest.mark.parametrize(("gone_back_to", "code"), [(IMAGE, 0), (NEXT_IMAGE, 1)])
def test_an_image_that_is_gone_back_to_is_not_kept_from_serving(host: Host, engine: Engine, gone_back_to: str, code: int) -> None:
    assert host.run(going_back(gone_back_to)).returncode == 0
    ran = host.check(engine.build("production", env={"DEBUG": "1"}))
    assert (ran.returncode, "(security.W018)" in ran.stderr) == (code, True)


def test_a_check_that_does_not_end_is_ended_and_stops_production(host: Host, production: Build) -> None:
    program(host.folder, "timeout", "#!/bin/sh\nexit 124\n")
    ran = host.check(production)
    assert (ran.returncode, "exit code 124" in ran.stderr) == (1, True)
    assert (host.folder / "calls").read_text().splitlines()[-1] == "rm --force release-check-production", "it would go on"


def test_it_has_the_environment_of_the_site_and_no_secret_on_its_command_line(host: Host, production: Build) -> None:
    assert host.check(production).returncode == 0
    calls = (host.folder / "calls").read_text()
    assert f"--env RELEASE={IMAGE.partition('@')[2]}" in calls
    assert "canary" not in calls
    assert "SECRET_KEY=canary-1" in production.one("command.Command", "release-check").plain["stdin"]


def test_another_command_is_run_in_its_place(host: Host, engine: Engine) -> None:
    ran = host.check(engine.build("production", checkCommand="echo looked && exit 3"))
    assert ran.stderr.startswith("looked\nDjango's check did not pass (exit code 3)")
    assert ran.returncode == 1


def test_a_stricter_check_is_made_at_once(engine: Engine, staging: Build) -> None:
    """Else the first rotation would find what is no fault of its own."""
    stricter = engine.build("staging", deployCheck="required").one("command.Command", "release-check")
    assert stricter.inputs["triggers"] != staging.one("command.Command", "release-check").inputs["triggers"]
