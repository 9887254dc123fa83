"""What was asked of the APIs: requests by operation, client and outcome."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

CLIENTS = {"pydo": "pydo", "python-gitlab": "python-gitlab", "terraform": "provider", "godo": "provider", "openapi-core": "openapi-core"}
"""A part of the User-Agent, in lower case, and what that client is called. `provider`: the real plugins, whose half above the wire is
Terraform's; `openapi-core`: the tests' client, which compares each reply with the published document."""
REST = "{rest:path}"
"""What the path of a last route ends with, the one for all that is not answered."""


class Calls:
    """A count of the requests since the start, or since the last reset. Those below `/rehearsal` don't count."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """`routes`: those of both APIs, in their order."""
        self._routes = routes
        self._answered: Counter[tuple[str, str, str]] = Counter()
        self._unlisted: Counter[tuple[str, str, str]] = Counter()

    def note(self, scope: Scope, status: int | None) -> None:
        """Count a request that was answered with this status; None: not at all."""
        path = scope["raw_path"].decode("ascii")
        if path.startswith("/rehearsal/"):
            return
        operation, client = self._operation(scope), _client(Headers(scope=scope).get("user-agent", ""))
        if operation is None:
            self._unlisted[scope["method"], path, client] += 1
        else:
            self._answered[operation, client, f"{status // 100}xx" if status else "none"] += 1

    def operations(self) -> list[str]:
        """All that is answered, as `GET /v2/vpcs/{id}`, in the order of the routes."""
        known = [route for route in self._routes if isinstance(route, Route) and not route.path.endswith(REST)]
        return [f"{method} {route.path}" for route in known for method in sorted(route.methods or ()) if method != "HEAD"]

    def reset(self) -> None:
        """Forget them."""
        self._answered.clear()
        self._unlisted.clear()

    def unlisted(self) -> list[dict[str, Any]]:
        """Requests that no operation matches, each as `{method, path, client, count}`."""
        return [{"method": key[0], "path": key[1], "client": key[2], "count": count} for key, count in sorted(self._unlisted.items())]

    def show(self) -> dict[str, list[dict[str, Any]]]:
        """`calls`, each as `{operation, client, status, count}` with a status like `2xx` or `none`, and the `unlisted` ones."""
        answered = [
            {"operation": key[0], "client": key[1], "status": key[2], "count": count} for key, count in sorted(self._answered.items())
        ]
        return {"calls": answered, "unlisted": self.unlisted()}

    def save(self, folder: Path) -> None:
        """Write them as a file of its own, for `tools/coverage.py`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{uuid4()}.json").write_text(json.dumps(self.show()))

    def _operation(self, scope: Scope) -> str | None:
        """The method and the path template of the route, as `GET /v2/vpcs/{id}`."""
        for route in self._routes:
            if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
                return None if route.path.endswith(REST) else f"{scope['method']} {route.path}"
        return None


def _client(agent: str) -> str:
    return next((client for part, client in CLIENTS.items() if part in agent.lower()), "other")
