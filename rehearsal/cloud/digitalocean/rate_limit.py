"""The headers that every answer of DigitalOcean has. The limit is counted and told, never enforced: a fault does that."""

import time
from collections import deque
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT = 5000
"""Requests in an hour."""
HOUR = 3600


class RateLimit:
    """Adds `ratelimit-limit`, `ratelimit-remaining`, `ratelimit-reset` (seconds since 1970) and `x-request-id` below `/v2`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._times: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v2/"):
            await self._app(scope, receive, send)
            return
        now = time.time()
        while self._times and self._times[0] <= now - HOUR:
            self._times.popleft()
        self._times.append(now)
        remaining, reset = max(0, LIMIT - len(self._times)), int(self._times[0]) + HOUR

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["ratelimit-limit"] = str(LIMIT)
                headers["ratelimit-remaining"] = "0" if message["status"] == 429 else str(remaining)
                headers["ratelimit-reset"] = str(reset)
                headers.setdefault("x-request-id", str(uuid4()))
            await send(message)

        await self._app(scope, receive, add)
