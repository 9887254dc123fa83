"""gitlab-ci-local evaluates and runs a `.gitlab-ci.yml` on this machine, near enough to GitLab to rely on.

It is a Node program that has to be on the PATH (npm install gitlab-ci-local; it needs rsync). `events` has what GitLab would tell it.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

PROGRAM = "gitlab-ci-local"
LIMIT_S = 600
_EVALUATED = ".gitlab-ci-evaluated.yml"
_PIPELINE = "is-there-a-pipeline"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ENDED = re.compile(r"^ (PASS|WARN|FAIL) +(\S.*?) *(?:[\d.]+% coverage)?$", re.MULTILINE)


class PipelineError(Exception):
    """gitlab-ci-local could not read the configuration; the text is what it said."""


def missing() -> str:
    """Why it can't be used here, or an empty text."""
    absent = [name for name in (PROGRAM, "git", "rsync") if not shutil.which(name)]
    return f"not on the PATH: {', '.join(absent)} (npm install {PROGRAM}; apt-get install git rsync)" if absent else ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job that an event would bring; `when` is GitLab's word, like on_success or manual. Jobs of a matrix are `name: [value]`."""

    name: str
    stage: str
    when: str
    allow_failure: bool


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A pipeline that has ended. `jobs` says how each job ended that began: PASS, WARN (it may fail) or FAIL; a job that a child pipeline
    of `parent` ran is named `[parent] -> name`."""

    exit_code: int
    log: str
    jobs: dict[str, str]
    artifacts: Path
    """Has a folder for each job that left any."""

    def output(self, job: str) -> str:
        """What a job's script printed."""
        return "\n".join(re.findall(rf"^{re.escape(job)} +> ?(.*)$", self.log, re.MULTILINE))


class Project:
    """A folder as a GitLab project: it becomes a git repository of one commit, cloned from `path` on GitLab.com."""

    def __init__(self, folder: Path, *, path: str) -> None:
        """`folder` has a `.gitlab-ci.yml`; `path` is like example/site."""
        self.folder = folder
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", f"git@gitlab.com:{path}.git")
        self._git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        self._git("add", "--all")
        self._git("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "--quiet", "--message=Everything")

    @property
    def commit(self) -> str:
        """The commit's SHA."""
        return self._git("rev-parse", "HEAD").strip()

    @cached_property
    def config(self) -> dict[str, Any]:
        """The whole configuration with includes, inputs and `extends` resolved. Raises PipelineError."""
        found: dict[str, Any] = yaml.safe_load(_printed(self._call("--preview"), start="---"))
        return found

    def jobs(self, event: Mapping[str, str]) -> list[Job]:
        """The jobs that the event would bring, none where `workflow: rules` wants no pipeline. Raises PipelineError."""
        # The schema was looked at for `config`.
        words = ("--list-json", "--no-json-schema-validation", "--file", self._evaluable)
        listed = json.loads(_printed(self._call(*words, *_variables(event)), start="["))
        found = {job["name"]: job for job in listed if job["when"] != "never"}
        if _PIPELINE not in found:
            return []
        return [
            Job(name=name, stage=job["stage"], when=job["when"], allow_failure=bool(job["allow_failure"]))
            for name, job in found.items()
            if name != _PIPELINE
        ]

    def run(
        self, event: Mapping[str, str], *jobs: str, variables: Mapping[str, str] | None = None, options: Sequence[str] = ()
    ) -> Finished:
        """Run the event's whole pipeline, or only some jobs of it without what they need.

        `variables` are what the project's settings would give; `options` are the program's own, like --volume or --pull-policy.
        """
        state = self.folder / ".gitlab-ci-local"
        done = self._call("--no-artifacts-to-source", *options, *_variables({**(variables or {}), **event}), *jobs, check=False)
        log = _COLOURS.sub("", done.stdout + done.stderr)
        # Its own notices look like a job that may fail.
        ended = {name: how for how, name in _ENDED.findall(log) if name.startswith("[") or name.partition(":")[0] in self.config}
        return Finished(exit_code=done.returncode, log=log, jobs=ended, artifacts=state / "artifacts")

    @cached_property
    def _evaluable(self) -> str:
        """A configuration with one job more, which has the rules of the workflow: gitlab-ci-local takes only variables from those."""
        rules = (self.config.get("workflow") or {}).get("rules") or [{"when": "always"}]
        (self.folder / _EVALUATED).write_text(
            yaml.safe_dump({**self.config, _PIPELINE: {"stage": ".pre", "script": ["true"], "rules": rules}})
        )
        return _EVALUATED

    def _call(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=LIMIT_S)
        if check and done.returncode:
            raise PipelineError(_COLOURS.sub("", done.stdout + done.stderr).strip())
        return done

    def _git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True).stdout


def _variables(variables: Mapping[str, str]) -> list[str]:
    """Options that set them. A tag and a merge request have no branch, but gitlab-ci-local always sees the one that is checked out."""
    words = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    words += ["--ignore-predefined-vars", ",".join(variables)]
    return words if "CI_COMMIT_BRANCH" in variables else [*words, "--unset-variable", "CI_COMMIT_BRANCH"]


def _printed(done: subprocess.CompletedProcess[str], *, start: str) -> str:
    """What was asked for; warnings may come before it."""
    lines = done.stdout.splitlines()
    return "\n".join(lines[next(index for index, line in enumerate(lines) if line.startswith(start)) :])
