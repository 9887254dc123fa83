"""Proxies that can be turned to another container while they serve: kamal-proxy, and Caddy in its place."""

import json
import shutil
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import httpx

from bench.ways.backing import Backing
from bench.ways.images import require
from bench.ways.ports import ADDRESS, LIMIT_S, free_port, wait_for
from bench.ways.way import WayError

HEALTH = "/healthz"
PORT = 8000
"""Of the site in its container."""
EVERY_S = 1
"""Between two looks at a new container's health, as kamal-proxy's default is."""
DRAIN_S = 30


class Proxy(ABC):
    """It runs once it is made; it serves from the first `switch` on."""

    name: str

    @abstractmethod
    def __init__(self, backing: Backing, container: str, port: int) -> None:
        """Run it as that container, on that port of 127.0.0.1."""

    @abstractmethod
    def switch(self, web: str) -> None:
        """Turn to this container once it is healthy, and return when no request is left with the one before, or after DRAIN_S.

        Raises WayError where it does not become healthy.
        """


class KamalProxy(Proxy):
    """The binary on PATH, in a container as Kamal has it, told what Kamal tells it by default."""

    name = "kamal-proxy"
    _IMAGE = "rehearsal/base"

    def __init__(self, backing: Backing, container: str, port: int) -> None:
        require(backing.engine, self._IMAGE)
        binary = Path(shutil.which(self.name) or self.name).resolve()
        mounts = {str(binary): {"bind": "/usr/local/bin/kamal-proxy", "mode": "ro"}}
        self._container = backing.run(container, self._IMAGE, "kamal-proxy", "run", mounts=mounts, ports={80: port})
        until = time.monotonic() + LIMIT_S
        while self._container.exec_run(["kamal-proxy", "list"]).exit_code:
            if time.monotonic() > until:
                raise WayError(f"kamal-proxy does not answer: {self._container.logs(tail=10).decode().strip()[-400:]}")
            time.sleep(0.1)

    def switch(self, web: str) -> None:
        seconds = {"health-check-interval": EVERY_S, "deploy-timeout": LIMIT_S, "drain-timeout": DRAIN_S}
        options = [f"--health-check-path={HEALTH}", *(f"--{name}={value}s" for name, value in seconds.items())]
        command = ["kamal-proxy", "deploy", "site", f"--target={web}:{PORT}", "--buffer-requests", "--buffer-responses", *options]
        done = self._container.exec_run(command)
        if done.exit_code:
            assert isinstance(done.output, bytes)  # noqa: S101 - for the type checker: it was not asked to stream
            raise WayError(f"kamal-proxy deploy: {done.output.decode().strip()[-400:]}")


class Caddy(Proxy):
    """Caddy, told through its admin API, which is on another port of 127.0.0.1."""

    name = "Caddy"
    _IMAGE = "rehearsal/caddy"

    def __init__(self, backing: Backing, container: str, port: int) -> None:
        require(backing.engine, self._IMAGE)
        self._backing, self._web, admin = backing, "", free_port(port)
        config = {"admin": {"listen": ":2019"}, "apps": {"http": {"servers": {"site": {"listen": [":80"], "routes": []}}}}}
        (backing.folder / "caddy.json").write_text(json.dumps(config))
        mounts = backing.mount("caddy.json")
        backing.run(container, self._IMAGE, "caddy", "run", "--config", "/bench/caddy.json", mounts=mounts, ports={80: port, 2019: admin})
        self._api = f"http://{ADDRESS}:{admin}"
        wait_for(f"{self._api}/config/")

    def switch(self, web: str) -> None:
        address = self._backing.address(web)
        wait_for(f"http://{address}:{PORT}{HEALTH}", every=EVERY_S)
        old, self._web = self._web, web
        # Nothing gets past the first route. Caddy counts the requests of an upstream only as long as its config names it.
        routes = [{"handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": f"{name}:{PORT}"}]}]} for name in (web, old) if name]
        told = httpx.patch(f"{self._api}/config/apps/http/servers/site/routes", json=routes, trust_env=False)
        if told.is_error:
            raise WayError(f"Caddy does not turn to {web}: HTTP {told.status_code} {told.text[:400]}")
        until = time.monotonic() + DRAIN_S
        while self._requests(old) and time.monotonic() < until:
            time.sleep(0.1)

    def _requests(self, web: str) -> int:
        upstreams: list[dict[str, Any]] = httpx.get(f"{self._api}/reverse_proxy/upstreams", trust_env=False).json()
        return sum(upstream["num_requests"] for upstream in upstreams if upstream["address"] == f"{web}:{PORT}")


def choose() -> type[KamalProxy] | type[Caddy]:
    """kamal-proxy where it is on PATH, else Caddy."""
    return KamalProxy if shutil.which(KamalProxy.name) else Caddy
