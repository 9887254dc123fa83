"""The droplet of a rehearsed stack, seen from this machine as its operator sees it: over ssh, with the pinned host key."""

import os
import subprocess

from infra.host import USER, ssh_options
from rehearsal.agent import Agent
from rehearsal.cloud.world import WorldError
from rehearsal.home import Home
from rehearsal.stack import Stack


class Host:
    """Runs commands on it; address and host key are what the program exported."""

    def __init__(self, home: Home, stack: str) -> None:
        exports = Stack(stack, home).exports
        try:
            self.address, self.key = str(exports["host"]), str(exports["hostKey"])
        except KeyError:
            raise WorldError(f"{stack} has no droplet yet; make up STACK={stack}") from None
        self.environment = {**os.environ, "SSH_AUTH_SOCK": str(Agent(home).socket)}

    def command(self, *words: str) -> list[str]:
        """The words that run a shell command on it."""
        return ["ssh", *ssh_options(self.address, [self.key]), f"{USER}@{self.address}", *words]

    def output(self, script: str, *, stdin: str = "") -> str:
        """What a shell command on it prints; raises when it fails."""
        done = subprocess.run(self.command(script), env=self.environment, input=stdin, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise WorldError(f"{self.address}: {(done.stderr or done.stdout).strip()[-400:]}")
        return done.stdout

    def follow(self, script: str) -> int:
        """Run it with this terminal; gives its exit code."""
        return subprocess.run(self.command(script), env=self.environment).returncode
