"""What stands in for the internet while a pipeline runs here: public images, the registry, and the service that knows vulnerabilities."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from rehearsal.home import CHECKOUT
from rehearsal.images import FOLDER, Images
from rehearsal.world.engine import Engine, docker_cli

PREFIX = "pipeline-test"
"""Of every image and container that is made here."""
NAMES = ("helper", "wait", "python:3.13-slim", "docker", "postgres", "valkey")
_REGISTRY = f"{PREFIX}-registry"
_REGISTRY_CONFIG = """version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: /data}}
http: {addr: ":5000"}
"""
_LIMIT_S = 60


@contextmanager
def images(folder: Path) -> Iterator[None]:
    """The images `pipeline-test/NAME`, built in an empty folder; the rehearsal's, which they are made of, stay."""
    making = Images(Engine(str(CHECKOUT)), tell=lambda _: None, install=lambda _: None)
    for name in ("cloud", "valkey"):
        making.build(f"rehearsal/{name}", FOLDER / name)
    try:
        for name in NAMES:
            kind = name.partition(":")[0]
            source = folder / kind
            shutil.copytree(Path(__file__).parent / "images" / kind, source)
            if kind == "python":
                for file in CHECKOUT.glob("sample/requirements*.txt"):
                    shutil.copy(file, source)
            making.build(f"{PREFIX}/{name}", source)
        yield
    finally:
        _forget(f"{PREFIX}/")


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """A registry that takes every login, as 127.0.0.1:PORT; its config is written into the folder. What was pushed goes with it."""
    docker_cli("rm", "--force", "--volumes", _REGISTRY)
    config = folder / "registry.yml"
    config.write_text(_REGISTRY_CONFIG)
    options = (f"--name={_REGISTRY}", "--publish=127.0.0.1::5000", f"--volume={config}:/registry.yml:ro")
    docker_cli("run", "--detach", *options, "rehearsal/cloud", "docker-registry", "serve", "/registry.yml")
    address = docker_cli("port", _REGISTRY, "5000/tcp")
    try:
        _wait_for(f"http://{address}/v2/")
        yield address
    finally:
        _forget(f"{address}/")
        docker_cli("rm", "--force", "--volumes", _REGISTRY)


class Advisories(ThreadingHTTPServer):
    """Answers as OSV (osv.dev, POST /v1/query), on the address that containers know this machine by."""

    vulnerable: str = ""
    """Name of the package that has a vulnerability in every version."""

    def __init__(self) -> None:
        gateway = docker_cli("network", "inspect", "bridge", "--format={{(index .IPAM.Config 0).Gateway}}")
        self.asked: list[str] = []
        super().__init__((gateway, 0), _Query)

    @property
    def url(self) -> str:
        """For pip-audit's --osv-url."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}/v1/query"

    def __enter__(self) -> "Advisories":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Query(BaseHTTPRequestHandler):
    server: Advisories

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        self.server.asked.append(name)
        answer = json.dumps({"vulns": [_advisory(name)]} if name == self.server.vulnerable else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _advisory(name: str) -> dict[str, Any]:
    versions = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}
    return {
        "id": "PYSEC-2026-1",
        "summary": "a made-up one",
        "published": "2026-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [versions]}],
    }


def _forget(start: str) -> None:
    """Take away the names of images that start so, and what no other name holds."""
    names = docker_cli("images", "--format={{.Repository}}:{{.Tag}}").split()
    if found := [name for name in names if name.startswith(start) and not name.endswith(":<none>")]:
        docker_cli("rmi", *found)


def _wait_for(url: str) -> None:
    until = time.monotonic() + _LIMIT_S
    while True:
        try:
            if httpx.get(url, trust_env=False, timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > until:
            raise TimeoutError(f"{url} did not answer within {_LIMIT_S} s")
        time.sleep(0.2)
