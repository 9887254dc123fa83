"""The stand-ins as their clients meet them, above all GitLab's: over HTTPS on loopback, with a throw-away certificate."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import gitlab
import httpx
import pydo
import pytest
import uvicorn
from gitlab.v4.objects import Project

from rehearsal.cloud.app import create_app
from rehearsal.cloud.calls import Calls
from rehearsal.cloud.faults import parse
from rehearsal.cloud.gitlab import seed
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import RegistryUser
from tests.certificate import certificate
from tests.cloud.digitalocean_server import TOKEN as DIGITALOCEAN_TOKEN
from tests.cloud.digitalocean_server import check_listed
from tests.cloud.recording_world import PushedWorld

TOKEN = "glpat-of-the-test"
PATH = "group/site"
OTHER = "group/infra"
CLOSE = {"Connection": "close"}
"""What clients ask for: a connection that an exception in a test still holds would keep the server from ending."""


class RecordingWorld(PushedWorld):
    """Keeps who was last let into the registry."""

    def __init__(self) -> None:
        super().__init__()
        self.registry_users: list[RegistryUser] = []

    def set_registry_users(self, users: list[RegistryUser]) -> None:
        self.registry_users = users


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running stand-in with two projects, `group/site` and `group/infra`."""

    url: str
    certificate: str
    store: Store
    world: RecordingWorld
    calls: Calls

    def client(self, **options: Any) -> gitlab.Gitlab:
        """The official client; `options` are its own, such as another token."""
        client = gitlab.Gitlab(self.url, ssl_verify=self.certificate, timeout=10, **(options or {"private_token": TOKEN}))
        client.headers |= CLOSE
        return client

    def digitalocean(self, **options: Any) -> pydo.Client:
        """DigitalOcean's official client; `options` are its own. Leave it by `with`."""
        token = options.pop("token", DIGITALOCEAN_TOKEN)
        return pydo.Client(token=token, endpoint=self.url, connection_verify=self.certificate, headers=CLOSE, **options)

    def control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The answer to a request below `/rehearsal`."""
        with httpx.Client(verify=ssl.create_default_context(cafile=self.certificate)) as client:
            authorization = {"authorization": f"Bearer {DIGITALOCEAN_TOKEN}"}
            return client.request(method, f"{self.url}/rehearsal/{path}", json=body, headers=authorization)

    def inject(self, *faults: str, **options: Any) -> None:
        """These faults from now on, each written as on the command line; `options` are fields of all of them."""
        reply = self.control("PUT", "faults", [parse(fault).model_dump() | options for fault in faults])
        assert reply.is_success, reply.text

    def fired(self) -> list[int]:
        """How often each fault has fired."""
        return [fault["fired"] for fault in self.control("GET", "faults").json()]

    def project(self, path: str = PATH) -> Project:
        return self.client().projects.get(path)

    def new_project(self) -> Project:
        """A project with nothing in it, for a test that shares the stand-in with others."""
        path = f"group/{uuid4()}"
        seed(self.store, [path])
        return self.project(path)


def answer(caught: pytest.ExceptionInfo[gitlab.GitlabError]) -> tuple[int | None, Any]:
    """Status and JSON body of a refusal that a test expected."""
    return caught.value.response_code, json.loads(caught.value.response_body or b"null")


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """A stand-in that keeps its state and its certificate in `folder`, until the block is left.

    A request that is no operation of the APIs is an error at the end, unless the test has reset the calls.
    """
    store, world = Store(folder / "cloud.json"), RecordingWorld()
    seed(store, [PATH, OTHER])
    pem = certificate(folder)
    app = create_app(store, world, token=DIGITALOCEAN_TOKEN, gitlab_token=TOKEN)
    config = uvicorn.Config(app, ws="none", log_config=None, ssl_certfile=pem, ssl_keyfile=str(pem))
    server = uvicorn.Server(config)
    # It listens from here on: a client that is faster than the server waits.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # asyncio does this only for sockets that name their protocol; without it each answer waits 40 ms for an acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield Site(url=url, certificate=str(pem), store=store, world=world, calls=app.calls)
        finally:
            server.should_exit = True
            thread.join()
    check_listed(app.calls)
