"""The stand-in for DigitalOcean as its tests meet it: a world that only takes notes, a client that checks every reply."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import uvicorn
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from rehearsal.cloud.app import create_app
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import Addresses, Cluster, NullWorld, Pool, RegistryUser, Rule, WorldError

TOKEN = "dop_v1_of_the_test"
REPOSITORY = Path(__file__).parents[2]
DOCUMENT = Path(os.environ.get("DIGITALOCEAN_OPENAPI") or REPOSITORY.parent / "shared/openapi/digitalocean.json")
SECONDS = 5


class RecordingWorld(NullWorld):
    """Keeps what it was last told. `broken` makes one of its calls fail, `hold` makes boots and creations wait."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Any]] = []
        self.firewalls: dict[int, list[Rule] | None] = {}
        self.trusted: dict[str, list[str] | None] = {}
        self.assigned: dict[str, int | None] = {}
        self.pools: dict[str, list[Pool]] = {}
        self.passwords: dict[str, str] = {}
        self.names: dict[str, list[str]] = {}
        self.registry_users: list[RegistryUser] = []
        self.orders: dict[int, dict[str, Any]] = {}
        self.broken = ""
        self.hold = Event()
        self.hold.set()

    def count(self, call: str) -> int:
        return sum(name == call for name, _ in self.calls)

    def _note(self, call: str, about: Any) -> None:
        self.calls.append((call, about))
        if call == self.broken:
            raise WorldError(f"{call} does not work")

    def create_vpc(self, vpc: str, *, ip_range: str) -> None:
        self._note("create_vpc", vpc)

    def create_droplet(self, droplet: int, **order: Any) -> Addresses:  # type: ignore[override]
        self._note("create_droplet", droplet)
        self.orders[droplet] = order
        assert self.hold.wait(SECONDS)
        return Addresses(
            public=f"198.51.100.{droplet}",
            private=f"10.20.0.{droplet}",
            public_gateway="198.51.100.1",
            private_gateway="10.20.0.1",
        )

    def delete_droplet(self, droplet: int) -> None:
        self._note("delete_droplet", droplet)
        assert self.hold.wait(SECONDS)

    def power(self, droplet: int, *, on: bool) -> None:
        self._note("power", (droplet, on))
        assert self.hold.wait(SECONDS)

    def assign_ip(self, ip: str, droplet: int | None) -> None:
        self._note("assign_ip", (ip, droplet))
        self.assigned[ip] = droplet

    def set_firewall(self, droplet: int, rules: list[Rule] | None) -> None:
        self._note("set_firewall", droplet)
        self.firewalls[droplet] = rules

    def create_cluster(self, cluster: str, *, name: str, vpc: str, version: str, nodes: int, password: str) -> Cluster:
        self._note("create_cluster", cluster)
        self.passwords["doadmin"] = password
        assert self.hold.wait(SECONDS)
        return Cluster(host="db.test", private_host="private-db.test", port=25060, pool_port=25061, ca="-----BEGIN CERTIFICATE-----")

    def set_user(self, cluster: str, user: str, password: str) -> None:
        self._note("set_user", user)
        self.passwords[user] = password

    def delete_user(self, cluster: str, user: str) -> None:
        self._note("delete_user", user)
        del self.passwords[user]

    def set_pools(self, cluster: str, pools: list[Pool]) -> None:
        self._note("set_pools", cluster)
        self.pools[cluster] = pools

    def set_trusted(self, cluster: str, peers: list[str] | None) -> None:
        self._note("set_trusted", cluster)
        self.trusted[cluster] = peers

    def set_names(self, names: dict[str, list[str]]) -> None:
        self._note("set_names", names)
        self.names = names

    def set_registry_users(self, users: list[RegistryUser]) -> None:
        self._note("set_registry_users", len(users))
        self.registry_users = users


class Api:
    """A client that checks every reply against DigitalOcean's own OpenAPI document, where that is to be had."""

    def __init__(self, client: httpx.Client, world: RecordingWorld) -> None:
        self.world = world
        self._client = client

    def send(self, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> httpx.Response:
        reply = self._client.request(method, path, json=body, headers={"authorization": f"Bearer {token}"})
        check(method, path, reply)
        return reply

    def form(self, path: str, fields: dict[str, str], *, token: str) -> httpx.Response:
        return self._client.post(path, data=fields, headers={"authorization": f"Bearer {token}"})

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
    """The whole application over a store in `folder`, until the block is left: what is kept there starts again."""
    app = create_app(Store(folder / "cloud.json"), world, token=TOKEN, gitlab_token="glpat-of-the-test")
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", ws="none", log_config=None))
    # It listens from here on: a client that is faster than the server waits.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
                yield Api(client, world)
        finally:
            server.should_exit = True
            thread.join()


@cache
def document() -> OpenAPI | None:
    """DigitalOcean's OpenAPI document, or None where this machine has none."""
    return OpenAPI.from_dict(json.loads(DOCUMENT.read_text())) if DOCUMENT.exists() else None


def needs_document() -> OpenAPI:
    """The document; a test that is about it is skipped where there is none."""
    return document() or pytest.skip(f"no OpenAPI document at {DOCUMENT}; DIGITALOCEAN_OPENAPI names another place")


def check(method: str, path: str, reply: httpx.Response) -> None:
    """Raises where the document does not allow this reply to this request. An operation that it does not have is an error, too."""
    openapi, where = document(), urlsplit(path)
    if openapi is None or not where.path.startswith("/v2/") or "does not answer" in reply.text:
        return
    request = MockRequest("https://api.digitalocean.com", method.lower(), where.path, args=dict(parse_qsl(where.query)))
    kind = reply.headers.get("content-type", "")
    openapi.validate_response(request, MockResponse(reply.content, reply.status_code, dict(reply.headers), kind))
