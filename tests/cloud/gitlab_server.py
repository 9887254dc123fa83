"""The stand-in for GitLab as its clients meet it: over HTTPS on loopback, with a throw-away certificate."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import gitlab
import pytest
import uvicorn
from gitlab.v4.objects import Project
from starlette.applications import Starlette

from rehearsal.cloud.gitlab import routes, seed
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import NullWorld, RegistryUser
from tests.certificate import certificate

TOKEN = "glpat-of-the-test"
PATH = "group/site"
OTHER = "group/infra"


class RecordingWorld(NullWorld):
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

    def client(self, **options: Any) -> gitlab.Gitlab:
        """The official client; `options` are its own, such as another token."""
        client = gitlab.Gitlab(self.url, ssl_verify=self.certificate, timeout=10, **(options or {"private_token": TOKEN}))
        # A connection that an exception in a test still holds would keep the server from ending.
        client.headers["Connection"] = "close"
        return client

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
    """A stand-in that keeps its state and its certificate in `folder`, until the block is left."""
    store, world = Store(folder / "cloud.json"), RecordingWorld()
    seed(store, [PATH, OTHER])
    pem = certificate(folder)
    app = Starlette(routes=routes(store, world, token=TOKEN))
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, ssl_certfile=pem, ssl_keyfile=str(pem))
    server = uvicorn.Server(config)
    # It listens from here on: a client that is faster than the server waits.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # asyncio does this only for sockets that name their protocol; without it each answer waits 40 ms for an acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield Site(url=url, certificate=str(pem), store=store, world=world)
        finally:
            server.should_exit = True
            thread.join()
