"""Injects faults into the requests of both APIs: a failure before, or after, a request was carried out."""

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearsal.cloud import failures
from rehearsal.cloud.digitalocean import redaction
from rehearsal.cloud.faults import LASTING, Fault

IDENTITIES = ("id", "uuid", "name", "ip", "key")
"""The fields that may be the last segment of an object's own path."""


@dataclass
class _Armed:
    fault: Fault
    matched: int = 0
    fired: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether this request meets the fault; it is counted where it matches."""
        matches = self.fault.matches(method, path)
        self.matched += matches
        if self.fault.kind == "revoked":
            return self.matched >= self.fault.nth and failures.of_gitlab(path) == failures.of_gitlab(self.fault.path)
        last = self.matched if self.fault.kind in LASTING else self.fault.nth + self.fault.times - 1
        return matches and self.fault.nth <= self.matched <= last


class Faults:
    """The faults in force. It belongs to the event loop: call it from no other thread."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._hidden: dict[str, float] = {}
        self._replaced = asyncio.Event()

    def replace(self, faults: Iterable[Fault]) -> None:
        """These from now on, and no other; whatever is held goes on."""
        self._armed, self._hidden = [_Armed(fault) for fault in faults], {}
        self._replaced.set()
        self._replaced = asyncio.Event()

    def list(self) -> list[dict[str, Any]]:
        """Each fault with how often it has `fired`."""
        return [{**armed.fault.model_dump(), "fired": armed.fired} for armed in self._armed]

    def due(self, method: str, path: str) -> Fault | None:
        """The first fault in the list that this request meets."""
        due = [armed for armed in self._armed if armed.takes(method, path)]
        if not due:
            return None
        due[0].fired += 1
        return due[0].fault

    def hide(self, paths: Iterable[str], seconds: float) -> None:
        """What is at these paths is not found for a time."""
        self._hidden |= dict.fromkeys(paths, time.monotonic() + seconds)

    def hides(self, method: str, path: str) -> bool:
        """Whether the answer is a 404, though the object is there."""
        return method == "GET" and any(
            time.monotonic() < until and f"{path}/".startswith(f"{hidden}/") for hidden, until in self._hidden.items()
        )

    async def hold(self, seconds: float, receive: Receive) -> bool:
        """Wait until the time is over, the faults are replaced or the client has gone; whether it is still there."""
        gone, replaced = asyncio.ensure_future(_disconnected(receive)), asyncio.ensure_future(self._replaced.wait())
        done, waiting = await asyncio.wait({gone, replaced}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return gone not in done


class FaultInjection:
    """Requests below `/rehearsal` meet no fault."""

    def __init__(self, app: ASGIApp, *, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/rehearsal/"):
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["raw_path"].decode("ascii")
        if self._faults.hides(method, path):
            await failures.reply(path, 404)(scope, receive, send)
        elif fault := self._faults.due(method, path):
            await self._inject(fault, path, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _inject(self, fault: Fault, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "429":
                await failures.reply(path, 429, {"retry-after": f"{fault.duration:.0f}"})(scope, receive, send)
            case "500-before":
                await failures.reply(path, 500)(scope, receive, send)
            case "revoked":
                await failures.reply(path, 401)(scope, receive, send)
            case "hang-before":
                again = _replay(await Request(scope, receive).body(), receive)
                if await self._faults.hold(fault.duration, receive):
                    await self._app(scope, again, send)
            case "500-after":
                await self._carry_out(scope, receive)
                await failures.reply(path, 500)(scope, receive, send)
            case "reset-after":
                await self._carry_out(scope, receive)
                await _cut(scope, receive)
            case "hang":
                reply = await self._carry_out(scope, receive)
                if await self._faults.hold(fault.duration, receive):
                    await reply(scope, receive, send)
            case "404-after-create":
                reply = await self._carry_out(scope, receive)
                if scope["method"] == "POST" and reply.status_code < 300:
                    self._faults.hide(_made(path, bytes(reply.body)), fault.duration)
                await reply(scope, receive, send)
            case "passwords-withheld":
                reply = await self._carry_out(scope, receive)
                await redaction.redacted(reply)(scope, receive, send)

    async def _carry_out(self, scope: Scope, receive: Receive) -> Response:
        """What the request is answered, which nobody has been sent."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start, *parts = messages
        headers = {name: value for name, value in Headers(raw=start["headers"]).items() if name != "content-length"}
        return Response(b"".join(part.get("body", b"") for part in parts), start["status"], headers)


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive` once more from the start, for a request whose body was read already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(scope: Scope, receive: Receive) -> None:
    """End the connection without a reply. Raises ConnectionResetError where there is none, because client and API share a process."""
    if (transport := scope.get("transport")) is None:
        raise ConnectionResetError("the connection was cut")
    transport.abort()
    await _disconnected(receive)


def _made(path: str, content: bytes) -> list[str]:
    """The paths at which the objects may be found that this POST has made."""
    body = json.loads(content or b"{}")
    found = next(iter(body.values()), {}) if path.startswith("/v2/") else body
    things = found if isinstance(found, list) else [found]
    return [f"{path}/{quote(str(thing[name]), safe='')}" for thing in things for name in IDENTITIES if name in thing]
