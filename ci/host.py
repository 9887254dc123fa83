"""A stack's host, over ssh with the pinned key, as the program's own commands reach it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.host import USER, ssh_options

LIMIT = 60


class HostError(Exception):
    """It could not be reached, or the command failed; `str()` says which host and its last words."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """`key` is its public host key; the private identity comes from ssh-agent."""

    address: str
    key: str
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def run(self, script: str, *, stdin: str = "", limit: float = LIMIT) -> str:
        """What a shell script on it prints. Raises HostError."""
        command = ["ssh", *ssh_options(self.address, [self.key]), f"{USER}@{self.address}", script]
        try:
            done = subprocess.run(command, env=self.environment, input=stdin, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            raise HostError(f"{self.address}: no end within {limit:.0f} s") from None
        if done.returncode:
            raise HostError(f"{self.address}: {(done.stderr.strip() or done.stdout.strip() or f'exit status {done.returncode}')[-400:]}")
        return done.stdout

    def answers(self) -> bool:
        """Whether ssh reaches it and it is who it should be."""
        try:
            self.run("true", limit=20)
        except HostError:
            return False
        return True
