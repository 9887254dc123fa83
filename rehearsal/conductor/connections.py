"""Who the handlers talk to. Clients are made at the first call: an `up` without changes loads no client library at all."""

import json
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.conductor.properties import Properties

if TYPE_CHECKING:
    import gitlab
    import httpx
    import pydo

    from rehearsal.conductor.handlers.docker.engine import Engine

IMPORTING = threading.Lock()
"""Held while a client library is loaded: of two threads that each load a part of urllib3, one may end with _DeadlockError."""


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """The stand-ins: URLs without a path, tokens, and the CA certificate (PEM file) that both show."""

    digitalocean_url: str
    digitalocean_token: str
    gitlab_url: str
    gitlab_token: str
    ca_file: Path
    spaces_proxy: str = ""
    """An HTTP proxy that leads to the stand-in for Spaces, whose names this machine does not resolve; empty: straight to it."""


class Connections:
    """One per run, shared by all threads."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._lock = threading.Lock()
        self._engines: dict[str, Engine] = {}
        self.hurried = False
        """Docker objects are deleted without waiting for what still uses them: their host goes away too."""

    @cached_property
    def digitalocean(self) -> "pydo.Client":
        with IMPORTING:
            import pydo

        at = self._endpoints
        return pydo.Client(at.digitalocean_token, endpoint=at.digitalocean_url, connection_verify=str(at.ca_file), retry_total=2)

    @cached_property
    def gitlab(self) -> "gitlab.Gitlab":
        with IMPORTING:
            import gitlab

        at = self._endpoints
        return gitlab.Gitlab(at.gitlab_url, private_token=at.gitlab_token, ssl_verify=str(at.ca_file))

    @cached_property
    def spaces(self) -> "httpx.Client":
        with IMPORTING:
            import ssl

            import httpx

        at = self._endpoints
        trusted = ssl.create_default_context(cafile=str(at.ca_file))
        return httpx.Client(verify=trusted, proxy=at.spaces_proxy or None, trust_env=False, timeout=60)

    def docker(self, provider: Properties) -> "Engine":
        """The Docker engine that a `docker.Provider` with these inputs reaches."""
        with IMPORTING:
            from rehearsal.conductor.handlers.docker.engine import Engine

        with self._lock:
            key = json.dumps(provider, sort_keys=True)
            if key not in self._engines:
                self._engines[key] = Engine.reached_by(provider)
            return self._engines[key]

    def close(self) -> None:
        for engine in self._engines.values():
            engine.close()
