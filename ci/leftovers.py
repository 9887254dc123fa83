"""What a killed run may have left on the host: commands that still run there, and Docker's objects that no state knows."""

import shlex
import time
from typing import Any

from ci.events import Event, Tell
from ci.host import Host, HostError

LIMIT = 300
"""Seconds that a release command of the killed run has to end by itself: it may be in the middle of a migration."""
_REMOVE = {"Service": "service rm", "Secret": "secret rm", "ServiceConfig": "config rm", "Network": "network rm"}


class Leftovers:
    """On the host of a stack. `host` is None where there is none, or it does not answer: then there is nothing to do on it."""

    def __init__(self, stack: str, host: Host | None) -> None:
        self._commands = (f"release-{stack}", "schema", "proxy-check")
        self._host = host

    def wait(self, tell: Tell) -> None:
        """Until no command of the killed run is on the host any more. Raises HostError after LIMIT seconds."""
        if self._host is None:
            return
        names = " ".join(f"--filter name=^{name}$" for name in self._commands)
        deadline = time.monotonic() + LIMIT
        while running := self._host.run(f"docker ps --format '{{{{.Names}}}}' {names} 2>/dev/null || true").split():
            if time.monotonic() > deadline:
                raise HostError(
                    f"{self._host.address}: {', '.join(running)} of the killed run still runs after {LIMIT} s; look at it with"
                    f" `docker logs {running[0]}`, and end it with `docker stop {running[0]}` when that is safe"
                )
            tell(Event(kind="said", message=f"{', '.join(running)} of the killed run is still at work on the host"))
            time.sleep(2)
        self._host.run(f"docker ps --all --quiet {names} --filter status=exited --filter status=created | xargs -r docker rm >/dev/null")

    def remove(self, type: str, inputs: dict[str, Any]) -> str:
        """Remove an object whose creation had begun: nothing can use it yet. A volume stays; making it again changes nothing."""
        words = _REMOVE.get(type.rpartition(":")[2])
        if words is None or self._host is None:
            return "is made anew"
        name = shlex.quote(str(inputs["name"]))
        said = self._host.run(f"docker {words} {name} 2>&1 || true")
        return "removed from the host, to be made anew" if said.strip() == str(inputs["name"]) else "had not come into being"
