"""The process that plays both APIs: started in the background by `up`, found again by its file, ended by `down`."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from rehearsal.cloud import gitlab
from rehearsal.cloud.server import serve
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT, Home
from rehearsal.stackfile import APP_PROJECT, INFRA_PROJECT
from rehearsal.world import DockerWorld
from rehearsal.world.certificates import Authority
from rehearsal.world.engine import Engine

START_LIMIT = 60
STOP_LIMIT = 15
COMMAND = [b"-m", b"rehearsal", b"serve"]
PUSHER = "rehearsal-push"
"""Who pushes images to the private registry, as a build in GitLab would."""


class Apis:
    """The process seen from outside."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.token = home.generated("cloud", "digitalocean:token")
        self.gitlab_token = home.generated("cloud", "gitlab:token")
        self.ca = home.root / "ca" / "ca.crt"

    @property
    def url(self) -> str | None:
        """Its address, or None where it does not run."""
        if not self._home.address.exists():
            return None
        known = json.loads(self._home.address.read_text())
        return str(known["url"]) if known["pid"] in _serving() else None

    def start(self) -> str:
        """Start it unless it runs, and give its address."""
        if url := self.url:
            return url
        self.stop()
        log = self._home.log.open("a")
        process = subprocess.Popen(
            [sys.executable, "-m", "rehearsal", "serve"],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None  # noqa: S101 - tells mypy what PIPE above says
        url = process.stdout.readline().strip()
        if not url:
            process.wait(START_LIMIT)
            raise WorldError(f"the cloud's APIs did not start; the end of {self._home.log}:\n" + self._home.log.read_text()[-800:])
        self._home.address.write_text(json.dumps({"url": url, "pid": process.pid}))
        self.inventory()  # The address is printed before the first answer: this waits for it.
        return url

    def stop(self) -> None:
        """End it, and any other of this checkout that a killed `up` left behind, and wait until they are gone."""
        deadline = time.monotonic() + STOP_LIMIT
        while running := list(_serving()):
            for pid in running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
            time.sleep(0.05)
        self._home.address.unlink(missing_ok=True)

    def fault(self, faults: list[dict[str, Any]]) -> None:
        """Switch faults on (rehearsal.cloud.faults.Fault), in place of those before; none: all off."""
        self.ask("PUT", "faults", json=faults)

    def inventory(self) -> list[dict[str, Any]]:
        """Everything that is in the cloud now."""
        found: list[dict[str, Any]] = self.ask("GET", "inventory").json()
        return found

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """What whoever runs the rehearsal asks: `inventory`, `calls`, `faults` (rehearsal/cloud/control.py)."""
        reply = httpx.request(
            method,
            f"{self.url}/rehearsal/{path}",
            headers={"Authorization": f"Bearer {self.token}", "Connection": "close"},
            verify=ssl.create_default_context(cafile=str(self.ca)),
            timeout=START_LIMIT,
            **more,
        )
        reply.raise_for_status()
        return reply


def run(home: Home) -> None:
    """Be that process: start the world, then answer until SIGTERM."""
    apis = Apis(home)
    authority = Authority(home.root / "ca")
    certificate = home.root / "ca" / "apis.crt", home.root / "ca" / "apis.key"
    authority.issue("127.0.0.1", "localhost").write(*certificate)
    world = DockerWorld(Engine(str(CHECKOUT)), home.world, authority)
    world.start()
    store = Store(home.store)
    # Tokens of both clouds' APIs may push to their registries: GitLab takes any name with one, DigitalOcean the token for both.
    pushers = {PUSHER: home.generated("cloud", "push"), "ci": apis.gitlab_token, apis.token: apis.token}
    with store:
        for number, (name, password) in enumerate(pushers.items()):
            store["registry_users"][f"pusher-{number}"] = {"name": name, "password": password, "write": True, "expires_at": None}
    gitlab.seed(store, (APP_PROJECT, INFRA_PROJECT))
    serve(store, world, "127.0.0.1", _port(home), *certificate, apis.token, apis.gitlab_token)


def _port(home: Home) -> int:
    """The same as last time where it is still free: a Pulumi state remembers the address."""
    file = home.root / "port"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(file.read_text()) if file.exists() else 0))
        except OSError:
            return 0
        port: int = probe.getsockname()[1]
    file.write_text(str(port))
    return port


def _serving() -> Iterator[int]:
    """All processes that play the APIs for this checkout."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if words[1:4] == COMMAND and (folder / "cwd").resolve() == CHECKOUT:
                yield int(folder.name)
