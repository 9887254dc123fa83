"""Both stand-in APIs with nothing real behind them, in a thread, and a count of the requests that they got."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from rehearsal.cloud.app import create_app
from rehearsal.cloud.gitlab import seed
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import NullWorld
from rehearsal.conductor.connections import Endpoints
from tests.certificate import certificate

PROJECT = "group/site"


class StandIn:
    """The running APIs. `requests` are those of the conductor, as `GET /v2/vpcs`."""

    def __init__(self, folder: Path) -> None:
        self.certificate = certificate(folder)
        self.requests: list[str] = []
        self.url = ""
        store = Store(folder / "cloud.json")
        seed(store, [PROJECT])
        self._app = create_app(store, NullWorld(), token="token-of-digitalocean", gitlab_token="token-of-gitlab")

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(
            digitalocean_url=self.url,
            digitalocean_token="token-of-digitalocean",
            gitlab_url=self.url,
            gitlab_token="token-of-gitlab",
            ca_file=self.certificate,
        )

    def inventory(self) -> list[dict[str, Any]]:
        """All that a client has made, as `{kind, id, name}`."""
        headers = {"Authorization": "Bearer token-of-digitalocean"}
        with httpx.Client(verify=ssl.create_default_context(cafile=self.certificate), headers=headers) as client:
            things: list[dict[str, Any]] = client.get(f"{self.url}/rehearsal/inventory").raise_for_status().json()
        return things

    def counting(self) -> ASGIApp:
        """The application, counting."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and not scope["path"].startswith("/rehearsal"):
                self.requests.append(f"{scope['method']} {scope['path']}")
            await self._app(scope, receive, send)

        return app


@contextmanager
def standing_in(folder: Path) -> Iterator[StandIn]:
    """Serve until the block is left."""
    cloud = StandIn(folder)
    pem = str(cloud.certificate)
    server = uvicorn.Server(uvicorn.Config(cloud.counting(), ws="none", log_level="warning", ssl_certfile=pem, ssl_keyfile=pem))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        cloud.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield cloud
        finally:
            server.should_exit = True
            thread.join()
