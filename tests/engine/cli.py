"""The Pulumi CLI on a copy of this program, with its state in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rehearsal.home import CHECKOUT
from rehearsal.stackfile import PROJECT, Config, declared

LIMIT = 240
"""Seconds for a command; the longest is the first `up`, with about one minute."""
_KEPT = ("PULUMI_HOME", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION")
"""Where plugins lie, and whether missing ones may be fetched: all that is taken over of the user's own settings."""


class Cli:
    """One stack. `said` is everything that the commands printed, `secrets` what is encrypted in its config."""

    def __init__(self, folder: Path, stack: str, config: Config, environment: Mapping[str, str]) -> None:
        """`folder` is empty and takes project and state; `environment` is put over this process's own."""
        self.said = ""
        self.secrets = {key: config.values[key] for key in config.secret_keys}
        self.state = folder / "state"
        self._project, self._stack = folder / "project", stack
        own = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_") or name in _KEPT}
        self._environment = own | {
            "PULUMI_BACKEND_URL": self.state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of a test",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            **environment,
        }
        self.state.mkdir()
        self._copy()
        self.run("stack", "init", "--no-select")
        self._configure(config)

    @property
    def _file(self) -> Path:
        return self._project / f"Pulumi.{self._stack}.yaml"

    def run(self, *words: str) -> str:
        """Run a command and give what it wrote to stdout; a failure is an AssertionError with the end of what it said."""
        command = ["pulumi", "--non-interactive", "--color=never", *words, f"--stack={self._stack}"]
        done = subprocess.run(command, cwd=self._project, env=self._environment, capture_output=True, text=True, timeout=LIMIT)
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"pulumi {words[0]} exited with {done.returncode}:\n{said[-3000:]}"
        self.said += "" if "--show-secrets" in words else said
        return done.stdout

    def up(self) -> dict[str, int]:
        """Resources by what was done to them, as the engine counts them: create, update, same …"""
        return self._change("up")

    def destroy(self) -> dict[str, int]:
        """The same for taking all of it away."""
        return self._change("destroy")

    def preview_after_refresh(self) -> dict[str, int]:
        """What an `up` would do, once the state says what is really there."""
        counts: dict[str, int] = json.loads(self.run("preview", "--refresh", "--json"))["changeSummary"]
        return counts

    def resources(self) -> list[dict[str, Any]]:
        """The state's resources, with secrets in clear."""
        found: list[dict[str, Any]] = json.loads(self.run("stack", "export", "--show-secrets"))["deployment"]["resources"]
        return found

    def config(self, key: str) -> Any:
        """What the stack file says for a key."""
        return yaml.safe_load(self._file.read_text())["config"][key]

    def set_config(self, key: str, value: object) -> None:
        """Give a key of the stack file another value."""
        content = yaml.safe_load(self._file.read_text())
        content["config"][key] = value
        self._file.write_text(yaml.safe_dump(content))

    def _change(self, command: str) -> dict[str, int]:
        self.run(command, "--yes", "--skip-preview", "--suppress-progress")
        counts: dict[str, int] = json.loads(self.run("stack", "history", "--json", "--page-size=1"))[0]["resourceChanges"]
        return counts

    def _copy(self) -> None:
        """Stack files get a salt from the CLI, so that it never sees the committed ones."""
        shutil.copytree(CHECKOUT / "infra", self._project / "infra", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(CHECKOUT / "__main__.py", self._project)
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
        project["runtime"]["options"]["virtualenv"] = sys.prefix
        (self._project / "Pulumi.yaml").write_text(yaml.safe_dump(project))

    def _configure(self, config: Config) -> None:
        """Values as a stack file has them: texts stay texts where Pulumi.yaml says so, and secrets are encrypted by the CLI."""
        texts = {key for key, default in declared().items() if isinstance(default, str)}
        content = yaml.safe_load(self._file.read_text())
        content["config"] = {
            key: value if key in texts or not key.startswith(f"{PROJECT}:") else json.loads(value)
            for key, value in config.values.items()
            if key not in config.secret_keys
        }
        self._file.write_text(yaml.safe_dump(content))
        self.run("config", "set-all", *(word for key in config.secret_keys for word in ("--secret", f"{key}={config.values[key]}")))
