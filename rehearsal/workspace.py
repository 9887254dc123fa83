"""The folder in which the Pulumi CLI runs a rehearsed stack: the program by links, a stack file of its own, and its state."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ci.cli import Cli
from ci.config_file import declared
from ci.stack_config import opened
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.certificate import bundle
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT, Home
from rehearsal.plugin import install
from rehearsal.stackfile import PROJECT, Config
from rehearsal.world.registry import push_address
from rehearsal.world.spaces import PROXY

_KEPT = ("PULUMI_HOME", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION")
"""Where plugins lie, and whether missing ones may be fetched: all that is taken over of the user's own settings."""
_LINKED = ("__main__.py", "infra", "ci", "policy")


def installed() -> bool:
    """Whether the Pulumi CLI is on PATH."""
    return shutil.which("pulumi") is not None


@dataclass(frozen=True)
class Workspace:
    """Of one stack. It exists once `prepare` was called."""

    stack: str
    home: Home

    @property
    def folder(self) -> Path:
        return self.home.workspace(self.stack)

    @property
    def file(self) -> Path:
        """The stack file, as the CLI writes it."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    @property
    def state(self) -> Path:
        """The file backend."""
        return self.folder / "state"

    @property
    def cli(self) -> Cli:
        """The CLI with everything in its environment that it needs."""
        return Cli(stack=self.stack, folder=self.folder, environment=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """This process's own without its PULUMI_* settings, and where state, agent and stand-ins are."""
        apis = Apis(self.home)
        url = apis.url or "https://127.0.0.1:1"
        return {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_") or name in _KEPT} | {
            # Without notes beside each file: a run that is killed while it writes one leaves a state that can't be read.
            "PULUMI_BACKEND_URL": f"{self.state.as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": self.home.generated(self.stack, "passphrase"),
            "DIGITALOCEAN_API_URL": url,
            "GITLAB_BASE_URL": f"{url}/api/v4/",
            "SITE_REGISTRY": push_address("registry"),
            # Go asks a proxy for no loopback address, so this is for buckets alone.
            "HTTPS_PROXY": PROXY,
            "NO_PROXY": "127.0.0.1,localhost,.localhost",
            # The second is what the library of DigitalOcean's provider for buckets asks for first.
            **dict.fromkeys(("SSL_CERT_FILE", "AWS_CA_BUNDLE"), str(self.home.stack(self.stack) / "authorities.crt")),
            "SSH_AUTH_SOCK": str(Agent(self.home).socket),
        }

    def prepare(self, config: Config) -> Cli:
        """Make the folder, or bring its config up to date; the state stays."""
        self.state.mkdir(parents=True, exist_ok=True)
        for name in _LINKED:
            if not (self.folder / name).exists():
                (self.folder / name).symlink_to(CHECKOUT / name)
        bundle(self.stack, self.home)
        self._write_project()
        if not any(self.state.rglob(f"{self.stack}.json")):
            self.cli.run("stack", "init", "--no-select")
        self._configure(config)
        return self.cli

    def ci(self, *words: str, stdin: str = "") -> int:
        """Run `python -m ci …` on the stack as a pipeline would, with this terminal; gives its exit code."""
        command = [sys.executable, "-m", "ci", *words, "--stack", self.stack]
        return subprocess.run(command, cwd=self.folder, env=self.environment, input=stdin or None, text=True).returncode

    def told(self, *words: str) -> str:
        """What such a command prints, also where its exit code says that something is to do. Raises WorldError where it prints nothing."""
        command = [sys.executable, "-m", "ci", *words, "--stack", self.stack]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if not done.stdout:
            raise WorldError(f"{self.stack}: {done.stderr.strip()[-400:]}")
        return done.stdout

    @property
    def interrupted(self) -> bool:
        """Whether a run was killed in the middle: its lock is left, or operations that it had begun."""
        locks = any(self.state.glob(".pulumi/locks/**/*.json"))
        return locks or any(_latest(file).get("pending_operations") for file in self._checkpoints())

    def outputs(self) -> dict[str, Any]:
        """What the program exported at the last `up`, secrets encrypted; nothing where there was none."""
        for file in self._checkpoints():
            resources = _latest(file).get("resources") or []
            return next((found.get("outputs", {}) for found in resources if found["type"] == "pulumi:pulumi:Stack"), {})
        return {}

    def _checkpoints(self) -> Iterator[Path]:
        return self.state.glob(f".pulumi/stacks/*/{self.stack}.json")

    def _write_project(self) -> None:
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
        project["runtime"]["options"]["virtualenv"] = sys.prefix
        if not has_plugin("gitlab"):
            install(self.folder / "plugins")
            project["plugins"] = {"providers": [{"name": "gitlab", "path": "plugins"}]}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))

    def _configure(self, config: Config) -> None:
        """Values as a stack file has them: texts stay texts where Pulumi.yaml says so, secrets are encrypted by the CLI (on its stdin)."""
        texts = {key for key, default in declared(CHECKOUT).items() if isinstance(default, str)}
        content = yaml.safe_load(self.file.read_text())
        before: dict[str, Any] = content.get("config") or {}
        content["config"] = {
            key: value if key in texts or not key.startswith(f"{PROJECT}:") else json.loads(value)
            for key, value in config.values.items()
            if key not in config.secret_keys
        } | {key: value for key, value in before.items() if key in config.secret_keys}
        self.file.write_text(yaml.safe_dump(content))
        known = json.loads(self.cli.run("config", "--show-secrets", "--json")) if before else {}
        for key in config.secret_keys:
            if opened(known.get(key, {}).get("value")) != (value := opened(config.values[key])):
                self._set_secret(key, value)

    def _set_secret(self, key: str, value: Any) -> None:
        """An object by its entries, as people set them."""
        if isinstance(value, dict):
            # What is no entry any more goes too.
            self.cli.run("config", "rm", key)
            for name, entry in value.items():
                self._set_secret(f"{key}.{name}", entry)
        else:
            words = ["--path", key] if "." in key else [key]
            self.cli.run("config", "set", "--secret", *words, stdin=str(value))


def _latest(checkpoint: Path) -> dict[str, Any]:
    """The deployment in a state file."""
    found: dict[str, Any] = json.loads(checkpoint.read_text())["checkpoint"].get("latest") or {}
    return found


def has_plugin(name: str) -> bool:
    """Whether the real one is installed."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return bool(shutil.which(f"pulumi-resource-{name}") or any((home / "plugins").glob(f"resource-{name}-v*/")))
