"""The lock of a stack's state: who holds it, and whether that one is gone.

A file or S3 backend keeps a lock until its owner takes it away, so one that was killed leaves it for ever. `pulumi cancel` takes
away all locks of a stack, whoever holds them: only what provably nobody holds is released here.
"""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from ci.cli import Cli, CliError

_TOLD = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One holder, as the backend tells it."""

    user: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}) since {self.since}"

    @property
    def gone(self) -> bool:
        """Whether the holder has ended: it ran on this very machine, and its process is no Pulumi CLI any more.

        A container has a host name of its own, so that the number means the same process here and there.
        """
        if self.host != socket.gethostname():
            return False
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return not _exists(self.pid)
        return words[0].rpartition(b"/")[2] != b"pulumi"


def _exists(pid: int) -> bool:
    """Whether there is such a process, also where /proc does not show it: another user's, or on a system without /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def holders(cli: Cli) -> list[Lock]:
    """Everybody who holds the stack's lock now.

    Asks for the lock by making the stack again, which ends at once: locked, or there already (CreateStack in Pulumi's
    pkg/backend/diy/backend.go). No other command looks at the lock and changes nothing.
    """
    try:
        cli.run("stack", "init", "--no-select")
    except CliError as error:
        return told(str(error))
    return []


def told(message: str) -> list[Lock]:
    """The holders that an error of the CLI names."""
    return [Lock(user=found["user"], host=found["host"], pid=int(found["pid"]), since=found["since"]) for found in _TOLD.finditer(message)]
