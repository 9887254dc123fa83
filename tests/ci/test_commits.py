"""Commits and migrations between two images, read from a real repository."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci.cli import Cli
from ci.commits import KEY, Changes, between, read
from ci.releases import Credentials, Releases
from tests.ci.stage import RUNNING, Stage
from tests.cloud.gitlab_server import OTHER, PATH
from tests.programs import program

pytestmark = pytest.mark.integration
NEW = RUNNING.replace("a" * 64, "b" * 64)
NOBODY = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")
SSH = f"""#!{sys.executable} -I
import json, os, pathlib, sys
key = sys.argv[sys.argv.index("-i") + 1]
known = next(word for word in sys.argv if word.startswith("UserKnownHostsFile=")).partition("=")[2]
told = {{"words": sys.argv[1:], "mode": oct(os.stat(key).st_mode)[-3:]}}
told |= {{"key": pathlib.Path(key).read_text(), "known": pathlib.Path(known).read_text()}}
pathlib.Path(__file__).with_name("ssh.json").write_text(json.dumps(told))
os.execvp("sh", ["sh", "-c", sys.argv[-1]])
"""


class App:
    """The repository of an app."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main", str(folder))
        self.git("config", "uploadpack.allowFilter", "true")

    def git(self, *words: str) -> str:
        self.folder.mkdir(exist_ok=True)
        return subprocess.run(["git", *NOBODY, *words], cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, subject: str, **files: str) -> str:
        """Write these (`__` stands for a slash) and commit them; gives the commit."""
        for name, text in files.items():
            path = self.folder / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path / "app")


def subjects(changes: Changes) -> list[str]:
    return [commit.subject for commit in changes.commits]


def test_commits_are_the_newest_first_and_migrations_are_those_that_were_added(app: App) -> None:
    old = app.commit("one", shop__migrations__0001_first="", shop__models="a")
    app.commit("two\tand a half", shop__models="b", shop__migrations__0001_first="changed")
    new = app.commit("three", shop__migrations__0002_second="", pages__migrations__0001_first="", migrations__0001="")
    found = read(str(app.folder), old, new)
    assert subjects(found) == ["three", "two\tand a half"]
    assert found.commits[0].sha == app.git("rev-parse", "--short", new)
    assert set(found.migrations) == {"shop/migrations/0002_second.py", "pages/migrations/0001_first.py", "migrations/0001.py"}
    assert found.unknown == ""


def test_a_migration_under_another_name_is_a_new_one_to_django(app: App) -> None:
    old = app.commit("one", shop__migrations__0001_first="the same")
    app.git("mv", "shop/migrations/0001_first.py", "shop/migrations/0001_initial.py")
    assert read(str(app.folder), old, app.commit("two")).migrations == ("shop/migrations/0001_initial.py",)


def test_a_package_marker_is_no_migration(app: App) -> None:
    old = app.commit("one")
    (app.folder / "shop/migrations").mkdir(parents=True)
    (app.folder / "shop/migrations/__init__.py").write_text("")
    assert read(str(app.folder), old, app.commit("two")).migrations == ()


def test_going_back_says_how_much_is_left_behind(app: App) -> None:
    new, _, old = app.commit("one"), app.commit("two"), app.commit("three", shop__migrations__0002_x="")
    assert read(str(app.folder), old, new) == Changes(unknown="2 commits of what runs now are not in it")


def test_what_runs_can_be_on_another_branch(app: App) -> None:
    app.commit("base")
    app.git("switch", "--quiet", "--create", "hotfix")
    old = app.commit("hotfix")
    app.git("switch", "--quiet", "main")
    new = app.commit("feature")
    found = read(str(app.folder), old, new)
    assert (subjects(found), found.unknown) == (["feature"], "1 commit of what runs now is not in it")


def test_a_commit_that_is_on_no_branch_is_told(app: App) -> None:
    new = app.commit("one")
    found = read(str(app.folder), "f" * 40, new)
    assert found == Changes(unknown=f"commits and migrations are not known: {app.folder} has no commit {'f' * 40} on any branch")


def test_a_repository_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    assert "git clone: fatal" in read(str(tmp_path / "nothing"), "a" * 40, "b" * 40).unknown


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """An ssh that reaches this machine alone; gives what it was called with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, "ssh", SSH)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return lambda: json.loads((folder / "ssh.json").read_text())


def test_it_is_read_with_the_deploy_key_from_a_host_that_is_known(app: App, tmp_path: Path, ssh: Callable[[], Any]) -> None:
    old, new = app.commit("one"), app.commit("two")
    (tmp_path / "key").write_text("the key")
    (tmp_path / "key").chmod(0o666)
    found = read(f"git@gitlab.com:{app.folder}", old, new, key=tmp_path / "key")
    assert subjects(found) == ["two"]
    told = ssh()
    assert (told["mode"], told["key"]) == ("600", "the key\n")
    assert told["known"].startswith("gitlab.com ssh-ed25519 AAAA")
    assert {"StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "BatchMode=yes"} <= set(told["words"])
    (tmp_path / "known").write_text("gitlab.example ssh-ed25519 BBBB\n")
    read(f"git@gitlab.example:{app.folder}", old, new, key=tmp_path / "key", hosts=str(tmp_path / "known"))
    assert ssh()["known"] == "gitlab.example ssh-ed25519 BBBB\n"


def test_a_host_that_nobody_knows_is_not_asked(tmp_path: Path, ssh: Callable[[], Any]) -> None:
    (tmp_path / "key").write_text("the key")
    found = read("git@gitlab.example:group/app.git", "a" * 40, "b" * 40, key=tmp_path / "key")
    assert "set the file variable SSH_KNOWN_HOSTS" in found.unknown
    assert "DEPLOY_KEY names no file" in read("git@gitlab.com:group/app.git", "a" * 40, "b" * 40).unknown
    with pytest.raises(FileNotFoundError):
        ssh()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a registry holds, by digest."""
    held: dict[str, Any] = {}
    monkeypatch.setattr("ci.releases.DXF.get_manifest_and_response", lambda _, digest: (json.dumps(held[digest]), None))
    monkeypatch.setattr("ci.releases.DXF.pull_blob", lambda _, digest: iter([json.dumps(held[digest]).encode()]))
    return held


def labelled(digest: str, sha: str | None) -> dict[str, Any]:
    """A manifest and its config."""
    labels = {"org.opencontainers.image.revision": sha} if sha else None
    return {digest: {"config": {"digest": f"config of {digest}"}}, f"config of {digest}": {"config": {"Labels": labels}}}


def test_an_image_says_its_commit_by_a_label(registry: dict[str, Any]) -> None:
    registry |= labelled("sha256:1", "c" * 40) | labelled("sha256:2", None)
    releases = Releases("staging", RUNNING, Credentials(name="ci", password="x"), keep=5)
    assert (releases.revision("sha256:1"), releases.revision("sha256:2")) == ("c" * 40, "")


def test_of_an_image_for_several_platforms_one_is_asked_and_no_attestation(registry: dict[str, Any]) -> None:
    attestation = {"digest": "sha256:9", "platform": {"os": "unknown", "architecture": "unknown"}}
    real = {"digest": "sha256:1", "platform": {"os": "linux", "architecture": "amd64"}}
    registry |= labelled("sha256:1", "c" * 40) | {"sha256:0": {"manifests": [attestation, real]}}
    assert Releases("staging", RUNNING, Credentials(name="ci", password="x"), keep=5).revision("sha256:0") == "c" * 40


@pytest.fixture
def cli(stage: Stage, tmp_path: Path) -> Cli:
    """A stack whose app's project the pipeline may read."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {keepReleases: {default: 5}}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config: {{site:infraProject: {OTHER}, site:appProject: {PATH}}}\n")
    assert stage.state.resources == []
    return Cli(stack="staging")


def test_between_two_images_are_the_commits_of_the_apps_project(
    app: App, cli: Cli, registry: dict[str, Any], tmp_path: Path, ssh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    old, new = app.commit("one"), app.commit("two")
    registry |= labelled(RUNNING.partition("@")[2], old) | labelled(NEW.partition("@")[2], new)
    (tmp_path / "key").write_text("the key")
    monkeypatch.setenv(KEY, str(tmp_path / "key"))
    with stage.site.store as store:
        project = next(one for one in store["gitlab_projects"].values() if one["path_with_namespace"] == PATH)
        project["ssh_url_to_repo"] = f"git@gitlab.com:{app.folder}"
    assert subjects(between(Cli(stack="staging"), RUNNING, NEW)) == ["two"]
    assert between(cli, RUNNING, RUNNING) == Changes()
    assert ssh()["key"] == "the key\n"


@pytest.mark.parametrize("sha", ["", "main", "--output=/tmp/x"])
def test_an_image_that_does_not_say_its_commit_is_told(cli: Cli, registry: dict[str, Any], sha: str) -> None:
    registry |= labelled(RUNNING.partition("@")[2], sha)
    told = "docker build --label org.opencontainers.image.revision=$CI_COMMIT_SHA"
    assert between(cli, RUNNING, NEW).unknown.endswith(told)


def test_what_is_missing_is_told_and_nothing_is_raised(cli: Cli, registry: dict[str, Any], tmp_path: Path) -> None:
    assert between(cli, "", NEW).unknown.endswith("nothing runs on staging yet")
    registry |= labelled(RUNNING.partition("@")[2], "c" * 40) | labelled(NEW.partition("@")[2], "d" * 40)
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {}\n")
    assert between(cli, RUNNING, NEW).unknown.endswith("site:appProject is empty")
