"""A rehearsed stack: the program with the stack's config, run against the stand-ins by the Pulumi CLI or by the conductor."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.problems import ConfigError
from infra.settings import Settings
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.cli_run import CliRun
from rehearsal.cloud.world import WorldError
from rehearsal.conductor.connections import Endpoints
from rehearsal.conductor.ledger import Ledger
from rehearsal.conductor.run import Run
from rehearsal.home import CHECKOUT, Home
from rehearsal.stackfile import PROJECT, compose, domain
from rehearsal.workspace import Workspace, installed
from rehearsal.world.spaces import PROXY

UNKNOWN_IMAGE = "registry.gitlab.com/rehearsal/site@sha256:" + "0" * 64
"""Stands for the image in a preview: which digest it will have is known only once it is built."""


@dataclass(frozen=True)
class Stack:
    """One of the two; its URL and certificate are what a person needs to look at it."""

    name: str
    home: Home

    @property
    def url(self) -> str:
        """Where it opens on this machine."""
        return f"https://{domain(self.name)}"

    @property
    def engine(self) -> str:
        """What made it, or what would: the Pulumi CLI where that is installed."""
        file = self.home.engine(self.name)
        if file.exists():
            return file.read_text()
        return "pulumi" if installed() else "conductor"

    def choose(self, engine: str | None) -> str:
        """The engine that was asked for, or the usual one. Raises WorldError where it is not there, or another has made the stack."""
        chosen = engine or self.engine
        if chosen == "pulumi" and not installed():
            raise WorldError("ENGINE=pulumi: there is no `pulumi` on PATH; install the Pulumi CLI, or leave ENGINE out")
        if self.home.engine(self.name).exists() and chosen != self.engine:
            raise WorldError(f"{self.name} was made by ENGINE={self.engine}; go on with that, or begin anew: make down STACK={self.name}")
        return chosen

    def begin(self, engine: str) -> None:
        """From now on there is something of it to take down."""
        self.home.stack(self.name)
        self.home.engine(self.name).write_text(engine)

    @property
    def exports(self) -> dict[str, Any]:
        """What the program exported at the last `up`; secret ones are encrypted, or left out."""
        if self.engine == "pulumi":
            return Workspace(self.name, self.home).outputs()
        return Ledger(self.home.ledger(self.name)).exports

    def settings(self, overlay: Path | None) -> tuple[Settings, dict[str, str]]:
        """The stack's settings and the config they come from. Raises WorldError with all that is wrong with it."""
        values = compose(self.name, home=self.home, image=UNKNOWN_IMAGE, operator_key=Agent(self.home).public_key, overlay=overlay).values
        try:
            return Settings.parse(self.name, values), values
        except ConfigError as error:
            raise WorldError(str(error)) from None

    def run(
        self, *, image: str = "", overlay: Path | None = None, url: str = "https://127.0.0.1:1", engine: str | None = None
    ) -> Run | CliRun:
        """The program, ready to be previewed, made or taken down, by default with the image that runs.

        `url` is where the APIs answer; a preview asks nobody.
        """
        image = image or self.exports.get("image") or UNKNOWN_IMAGE
        agent, apis = Agent(self.home), Apis(self.home)
        config = compose(self.name, home=self.home, image=image, operator_key=agent.public_key, overlay=overlay)
        if self.choose(engine) == "pulumi":
            return CliRun(lambda: Workspace(self.name, self.home).prepare(config))
        return Run(
            stack=self.name,
            project=PROJECT,
            program_dir=CHECKOUT,
            config=config.values,
            secret_keys=config.secret_keys,
            ledger_path=self.home.ledger(self.name),
            endpoints=Endpoints(
                digitalocean_url=url,
                digitalocean_token=config.values["digitalocean:token"],
                gitlab_url=url,
                gitlab_token=config.values["gitlab:token"],
                ca_file=apis.ca,
                spaces_proxy=PROXY,
            ),
            env={**os.environ, "SSH_AUTH_SOCK": str(agent.socket)},
        )
