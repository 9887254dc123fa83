"""One Docker engine, spoken to with its HTTP API."""

import base64
import json
from typing import Any

import httpx

from rehearsal.conductor.errors import ConductorError, Unreachable
from rehearsal.conductor.handlers.docker.bridge import Bridge
from rehearsal.conductor.properties import Properties

_CONNECTIONS = 4
"""At once to one host: sshd starts to drop unauthenticated ones at ten (MaxStartups 10:30:100)."""


class EngineError(ConductorError):
    """The engine said no; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"docker: {message}")
        self.status = status


class Engine:
    """The API under a unix socket; safe to use from several threads."""

    def __init__(self, socket: str, bridge: Bridge | None = None, registry_auth: list[Properties] | None = None) -> None:
        self._bridge = bridge
        self._registry_auth = registry_auth or []
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=60)
        transport = httpx.HTTPTransport(uds=socket, limits=limits)
        self._client = httpx.Client(transport=transport, base_url="http://docker", timeout=httpx.Timeout(120, pool=None))

    @classmethod
    def reached_by(cls, provider: Properties) -> "Engine":
        """The engine of a `docker.Provider`: its `sshOpts` and `registryAuth` are JSON on the wire."""
        bridge = Bridge(provider["host"], json.loads(provider.get("sshOpts", "[]")))
        return cls(str(bridge.path), bridge, json.loads(provider.get("registryAuth", "[]")))

    def close(self) -> None:
        self._client.close()
        if self._bridge:
            self._bridge.close()

    def call(self, method: str, path: str, *, body: Any = None, image: str = "", **query: str | int) -> Any:
        """One request, its reply from JSON. `image`: send the credentials of its registry.

        Raises EngineError for a refusal, Unreachable where the host or its engine does not answer.
        """
        reply = self._send(method, path, body, image, query)
        return reply.json() if reply.content else None

    def _send(self, method: str, path: str, body: Any, image: str, query: dict[str, str | int]) -> httpx.Response:
        headers = {"X-Registry-Auth": self._credentials(image)} if image else {}
        try:
            reply = self._client.request(method, path, json=body, params=query, headers=headers)
        except httpx.TransportError as error:
            complaint = self._bridge.complaint if self._bridge else ""
            raise Unreachable(f"the docker engine does not answer: {complaint or error}") from None
        if reply.is_error:
            raise EngineError(reply.status_code, _message(reply))
        return reply

    def _credentials(self, image: str) -> str:
        """What the provider's `registryAuth` has for the registry of this image, as the API takes it."""
        registry = image.split("/")[0]
        for known in self._registry_auth:
            if known["address"].removeprefix("https://").removeprefix("http://").rstrip("/") == registry:
                login = {"username": known.get("username"), "password": known.get("password"), "serveraddress": registry}
                return base64.urlsafe_b64encode(json.dumps(login).encode()).decode()
        return base64.urlsafe_b64encode(b"{}").decode()


def _message(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["message"])
    except (ValueError, KeyError):
        return reply.text.strip()
