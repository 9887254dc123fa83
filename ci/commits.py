"""Commits and migrations between two images of the app, read from its repository with the deploy key."""

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci import config_file
from ci.cli import Cli
from ci.cloud import token
from ci.gitlab import GitLab
from ci.releases import REVISION
from ci.stack import releases
from ci.thing import CloudError

KEY = "DEPLOY_KEY"
"""The file variable that the program gives the pipeline: the private half of a key that may read the app's repository."""
HOSTS = "SSH_KNOWN_HOSTS"
"""The file variable with the host keys of a GitLab of one's own (https://docs.gitlab.com/ci/jobs/ssh_keys/)."""
GITLAB_COM = "gitlab.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf"
"""https://docs.gitlab.com/user/gitlab_com/#ssh-known_hosts-entries"""
_MIGRATIONS = (":(glob)**/migrations/*.py", ":(glob,exclude)**/migrations/__init__.py")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LIMIT = 120


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One of the app's."""

    sha: str
    subject: str

    def __str__(self) -> str:
        return f"{self.sha} {self.subject}"


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What comes with a release: `commits`, the newest first, and files of migrations that were added.

    `unknown` says why not all of it can be told; empty where it can.
    """

    commits: tuple[Commit, ...] = ()
    migrations: tuple[str, ...] = ()
    unknown: str = ""


class _UnknownError(Exception):
    """Why it can't be told."""


def between(cli: Cli, old: str, new: str) -> Changes:
    """From the image that runs to another (both REPOSITORY@sha256:…). Nothing is raised: what is missing is told."""
    try:
        if not old:
            raise _UnknownError(f"nothing runs on {cli.stack} yet")
        if old.partition("@")[2] == new.partition("@")[2]:
            return Changes()
        shas = [_revision(cli, image) for image in (old, new)]
        return read(_repository(cli), *shas, key=Path(key) if (key := cli.environment.get(KEY)) else None, hosts=cli.environment.get(HOSTS))
    except (_UnknownError, CloudError) as error:
        return Changes(unknown=f"commits and migrations are not known: {error}")


def read(repository: str, old: str, new: str, *, key: Path | None = None, hosts: str | None = None) -> Changes:
    """Between two commits of a repository: an address of ssh, opened by `key`, or a path. `hosts` is a file with its host key."""
    try:
        with _cloned(repository, key, hosts) as git:
            for sha in (old, new):
                if git("rev-parse", "--verify", "--quiet", f"{sha}^{{commit}}", fails=True) is None:
                    raise _UnknownError(f"{repository} has no commit {sha} on any branch")
            log = git("log", "--format=%h%x09%s", f"{old}..{new}") or ""
            commits = [Commit(sha=line.partition("\t")[0], subject=line.partition("\t")[2]) for line in log.splitlines()]
            files = git("diff", "--no-renames", "--diff-filter=A", "--name-only", "-z", old, new, "--", *_MIGRATIONS) or ""
            back = (git("rev-list", "--count", f"{new}..{old}") or "0").strip()
    except _UnknownError as error:
        return Changes(unknown=f"commits and migrations are not known: {error}")
    left = f"{back} {'commit' if back == '1' else 'commits'} of what runs now {'is' if back == '1' else 'are'} not in it"
    return Changes(commits=tuple(commits), migrations=tuple(filter(None, files.split("\0"))), unknown="" if back == "0" else left)


def _revision(cli: Cli, image: str) -> str:
    """The commit of an image."""
    found = releases(cli, image)
    if found is None:
        raise _UnknownError("there is no token that may read the registry")
    sha = found.revision(image.partition("@")[2])
    if _SHA.fullmatch(sha):
        return sha
    raise _UnknownError(f"{image[:-52]}… has no label {REVISION}: docker build --label {REVISION}=$CI_COMMIT_SHA")


def _repository(cli: Cli) -> str:
    """The address of the app's repository."""
    app = str(config_file.of(cli).get("site:appProject") or "")
    if not app:
        raise _UnknownError("site:appProject is empty")
    with GitLab(token(cli, "GITLAB_TOKEN", "gitlab:token")).project(app) as project:
        # A project's own manager is typed as any manager, and this one can `get`.
        return str(project.manager.get(app).ssh_url_to_repo)  # type: ignore[attr-defined]


@contextlib.contextmanager
def _cloned(repository: str, key: Path | None, hosts: str | None) -> Iterator["_Git"]:
    """All commits and trees, and no file's content. Raises _UnknownError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": _ssh(folder, repository, key, hosts)}
        git = _Git(folder, environment)
        git("clone", "--quiet", "--bare", "--filter=blob:none", "--no-tags", repository, str(folder / "app.git"))
        yield _Git(folder / "app.git", environment)


def _ssh(folder: Path, repository: str, key: Path | None, hosts: str | None) -> str:
    """The host's key is known beforehand. A CI variable's file can be read by all, which ssh refuses, and may lack its last newline."""
    if "@" not in repository:
        return "false"
    if key is None or not key.exists():
        raise _UnknownError(f"{KEY} names no file with the key that opens {repository}")
    if not hosts and "@gitlab.com:" not in repository:
        raise _UnknownError(f"the host key of {repository} is not known: set the file variable {HOSTS} to what ssh-keyscan says of it")
    identity, known = folder / "key", folder / "known_hosts"
    identity.touch(mode=0o600)
    identity.write_text(key.read_text().rstrip("\n") + "\n")
    known.write_text(Path(hosts).read_text() if hosts else f"{GITLAB_COM}\n")
    return f"ssh -F none -i {identity} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile={known}"


@dataclass(frozen=True)
class _Git:
    """git in a folder."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *words: str, fails: bool = False) -> str | None:
        """What it prints; None where it failed and that `fails`. Raises _UnknownError."""
        try:
            done = subprocess.run(
                ["git", *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, errors="replace", timeout=_LIMIT
            )
        except FileNotFoundError:
            raise _UnknownError("there is no git here") from None
        except subprocess.TimeoutExpired:
            raise _UnknownError(f"git {words[0]}: no end within {_LIMIT} s") from None
        if done.returncode and not fails:
            raise _UnknownError(f"git {words[0]}: {done.stderr.strip()[-300:]}")
        return None if done.returncode else done.stdout
