"""The stand-in for DigitalOcean as its tests meet it: in this process, with a client that checks every reply."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from rehearsal.cloud.app import create_app
from rehearsal.cloud.calls import Calls
from rehearsal.cloud.store import Store
from tests.cloud.recording_world import SECONDS, RecordingWorld

TOKEN = "dop_v1_of_the_test"
REPOSITORY = Path(__file__).parents[2]
DOCUMENT = Path(os.environ.get("DIGITALOCEAN_OPENAPI") or REPOSITORY.parent / "shared/openapi/digitalocean.json")


class Api:
    """A client that checks every reply against DigitalOcean's own OpenAPI document, where that is to be had."""

    def __init__(self, send: Callable[..., httpx.Response], world: RecordingWorld, calls: Calls) -> None:
        self.world = world
        self.calls = calls
        self._send = send

    def send(self, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> httpx.Response:
        agent = "openapi-core" if document() else "httpx"
        reply = self._send(method, path, json=body, headers={"authorization": f"Bearer {token}", "user-agent": agent})
        check(method, path, reply)
        return reply

    def form(self, path: str, fields: dict[str, str], *, token: str) -> httpx.Response:
        return self._send("POST", path, data=fields, headers={"authorization": f"Bearer {token}"})

    def get(self, path: str) -> Any:
        return self._ok(self.send("GET", path))

    def post(self, path: str, **body: Any) -> Any:
        return self._ok(self.send("POST", path, body))

    def put(self, path: str, **body: Any) -> Any:
        return self._ok(self.send("PUT", path, body))

    def delete(self, path: str, **body: Any) -> None:
        reply = self.send("DELETE", path, body or None)
        assert reply.status_code == 204, reply.text

    def refused(self, status: int, method: str, path: str, **body: Any) -> str:
        """The message of a refusal with this status."""
        reply = self.send(method, path, body)
        assert reply.status_code == status, reply.text
        message: str = reply.json()["message"]
        return message

    def wait(self, path: str, done: Callable[[Any], bool]) -> Any:
        """The JSON at `path` as soon as it is as wanted."""
        deadline = time.monotonic() + SECONDS
        while not done(found := self.get(path)):
            assert time.monotonic() < deadline, found
            time.sleep(0.005)
        return found

    def wait_gone(self, path: str) -> None:
        deadline = time.monotonic() + SECONDS
        while self.send("GET", path).status_code != 404:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def inventory(self) -> list[Any]:
        found: list[Any] = self.get("/rehearsal/inventory")
        return found

    def vpc(self, **fields: Any) -> Any:
        return self.post("/v2/vpcs", **({"name": "net", "region": "fra1", "ip_range": "10.20.0.0/20"} | fields))["vpc"]

    def droplet(self, vpc: str, **fields: Any) -> Any:
        """A droplet that has booted."""
        path = f"/v2/droplets/{self.new_droplet(vpc, **fields)['id']}"
        return self.wait(path, lambda found: not found["droplet"]["locked"])["droplet"]

    def new_droplet(self, vpc: str, **fields: Any) -> Any:
        order = {"name": "web", "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-13-x64", "vpc_uuid": vpc}
        return self.post("/v2/droplets", **(order | fields))["droplet"]

    def cluster(self, vpc: str, **fields: Any) -> Any:
        """A database cluster that is online."""
        path = f"/v2/databases/{self.new_cluster(vpc, **fields)['id']}"
        return self.wait(path, lambda found: found["database"]["status"] == "online")["database"]

    def new_cluster(self, vpc: str, **fields: Any) -> Any:
        order = {"name": "main", "engine": "pg", "version": "17", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "fra1"}
        return self.post("/v2/databases", **(order | {"private_network_uuid": vpc} | fields))["database"]

    @staticmethod
    def _ok(reply: httpx.Response) -> Any:
        assert reply.is_success, reply.text
        return reply.json() if reply.content else None


@contextmanager
def serving(folder: Path, world: RecordingWorld) -> Iterator[Api]:
    """The whole application over a store in `folder`, until the block is left: what is kept there starts again.

    A request that is no operation of the APIs is an error at the end, unless the test has reset the calls.
    """
    app = create_app(Store(folder / "cloud.json"), world, token=TOKEN, gitlab_token="glpat-of-the-test")
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://api.digitalocean.com")
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        yield Api(lambda *request, **options: portal.call(partial(client.request, *request, **options)), world, app.calls)
    check_listed(app.calls)


def check_listed(calls: Calls) -> None:
    """Raises where a client asked for what the stand-ins don't answer. A test that is about that resets the calls."""
    unlisted = [f"{call['client']}: {call['method']} {call['path']}" for call in calls.unlisted()]
    assert not unlisted, f"the stand-ins have no such operation: {', '.join(unlisted)}"


@cache
def document() -> OpenAPI | None:
    """DigitalOcean's OpenAPI document, or None where this machine has none."""
    return OpenAPI.from_dict(json.loads(DOCUMENT.read_text())) if DOCUMENT.exists() else None


def published_paths() -> dict[str, dict[str, Any]]:
    """The document's operations by path and method; a test that is about them is skipped where there is no document."""
    if not DOCUMENT.exists():
        pytest.skip(f"no OpenAPI document at {DOCUMENT}; DIGITALOCEAN_OPENAPI names another place")
    paths: dict[str, dict[str, Any]] = json.loads(DOCUMENT.read_text())["paths"]
    return paths


def check(method: str, path: str, reply: httpx.Response) -> None:
    """Raises where the document does not allow this reply to this request. An operation that it does not have is an error, too."""
    openapi, where = document(), urlsplit(path)
    if openapi is None or not where.path.startswith("/v2/") or "does not answer" in reply.text:
        return
    request = MockRequest("https://api.digitalocean.com", method.lower(), where.path, args=dict(parse_qsl(where.query)))
    kind = reply.headers.get("content-type", "")
    openapi.validate_response(request, MockResponse(reply.content, reply.status_code, dict(reply.headers), kind))
