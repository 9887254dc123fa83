"""A rehearsed stack: the program with the stack's config, run by the conductor against the stand-ins."""

import os
from dataclasses import dataclass
from pathlib import Path

from infra.problems import ConfigError
from infra.settings import Settings
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.cloud.world import WorldError
from rehearsal.conductor.connections import Endpoints
from rehearsal.conductor.run import Run
from rehearsal.home import CHECKOUT, Home
from rehearsal.stackfile import PROJECT, compose, domain

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

    def settings(self, overlay: Path | None) -> tuple[Settings, dict[str, str]]:
        """The stack's settings and the config they come from. Raises WorldError with all that is wrong with it."""
        values = compose(self.name, home=self.home, image=UNKNOWN_IMAGE, operator_key=Agent(self.home).public_key, overlay=overlay).values
        try:
            return Settings.parse(self.name, values), values
        except ConfigError as error:
            raise WorldError(str(error)) from None

    def run(self, *, image: str = UNKNOWN_IMAGE, overlay: Path | None = None, url: str = "https://127.0.0.1:1") -> Run:
        """The program, ready to be previewed, made or taken down. `url` is where the APIs answer; a preview asks nobody."""
        agent, apis = Agent(self.home), Apis(self.home)
        config = compose(self.name, home=self.home, image=image, operator_key=agent.public_key, overlay=overlay)
        return Run(
            stack=self.name,
            project=PROJECT,
            program_dir=CHECKOUT,
            config=config.values,
            secret_keys=config.secret_keys,
            ledger_path=self.home.ledger(self.name),
            endpoints=Endpoints(
                digitalocean_url=url, digitalocean_token=apis.token, gitlab_url=url, gitlab_token=apis.gitlab_token, ca_file=apis.ca
            ),
            env={**os.environ, "SSH_AUTH_SOCK": str(agent.socket)},
        )
