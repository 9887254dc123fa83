"""A Django project that is not ours, `wagtail start` from PyPI, runs with config alone: nothing of the program is changed for it."""

import base64
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.wagtail.build import ADDED, IMAGE
from rehearsal.home import CHECKOUT
from tests.rehearsal.rehearsing import Visitor, rehearse, steps, submit

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal, pytest.mark.usefixtures("machine")]

GUNICORN = ("--image", IMAGE, "--config", "examples/wagtail/overlay.yaml")
UWSGI = ("--image", IMAGE, "--config", "examples/wagtail/overlay-uwsgi.yaml")
BUILD_LIMIT = 600
PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def build(folder: Path) -> str:
    """Build the image of the project in this folder, which is started if it is not there. Gives what that prints."""
    words = [sys.executable, "-m", "examples.wagtail.build", str(folder)]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, timeout=BUILD_LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def upload(visitor: Visitor, password: str) -> str:
    """Log in as the administrator, upload a picture, and give the path where Wagtail keeps it."""
    assert submit(visitor, "/admin/login/", {"username": "admin", "password": password}).status_code == 302
    added = submit(visitor, "/admin/images/add/", {"title": "A picture"}, file=("picture.png", PICTURE, "image/png"))
    assert added.status_code == 302, added.text
    return "/media/original_images/picture.png"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The started project, and what its build printed."""
    folder = tmp_path_factory.mktemp("wagtail") / "mysite"
    return folder, build(folder)


@pytest.fixture(scope="module")
def site(project: tuple[Path, str]) -> Iterator[Visitor]:  # noqa: ARG001 - its image is there
    """A client of the project, rehearsed as the staging site."""
    done = rehearse("up", *GUNICORN)
    assert done.returncode == 0, done.stdout + done.stderr
    with Visitor() as visitor:
        yield visitor


@pytest.fixture(scope="module")
def picture(site: Visitor) -> str:
    """The path of a picture that an administrator uploaded."""
    admin = rehearse("admin")
    assert admin.returncode == 0, admin.stderr
    return upload(site, admin.stdout.split()[-1])


def test_no_code_of_the_started_project_is_changed(project: tuple[Path, str]) -> None:
    headers = re.findall(r"^--- mysite/(\S+)\t.*\n\+\+\+ .*\n@@ -(\S+)", project[1], re.MULTILINE)
    assert {file for file, _ in headers} == set(ADDED.values())
    assert {file for file, lines in headers if lines != "0,0"} == {"Dockerfile", "requirements.txt"}


def test_its_home_page_answers(site: Visitor) -> None:
    reply = site.see()
    assert reply.status_code == 200
    assert "Welcome to your new Wagtail site!" in reply.text


def test_its_static_files_are_served(site: Visitor) -> None:
    style = re.search(r'href="(/static/css/welcome_page\.[^"]+)"', site.see().text)
    assert style
    assert site.see(style[1]).status_code == 200


def test_its_own_entrypoint_started_it(site: Visitor) -> None:  # noqa: ARG001 - it is there
    assert re.search(r"mysite sha256:[0-9a-f]{64}: gunicorn ", rehearse("logs", "web").stdout)


def test_an_uploaded_picture_is_there_after_a_release(site: Visitor, picture: str, project: tuple[Path, str]) -> None:
    assert site.see(picture).content == PICTURE
    page = project[0] / "home/templates/home/welcome_page.html"
    page.write_text(page.read_text() + "<p>The second release</p>\n")
    build(project[0])
    assert ("update", "web") in {(step["op"], step["name"]) for step in steps(*GUNICORN)}
    assert "The second release" in site.see().text
    assert site.see(picture).content == PICTURE


def test_uwsgi_in_place_of_gunicorn_is_exactly_one_update(site: Visitor, picture: str) -> None:
    assert {(step["op"], step["name"]) for step in steps(*UWSGI)} == {("update", "web"), ("replace", "web-runs")}
    assert site.see().status_code == 200
    assert site.see(picture).content == PICTURE
    assert "Starting uWSGI" in rehearse("logs", "web").stdout + rehearse("logs", "web").stderr
