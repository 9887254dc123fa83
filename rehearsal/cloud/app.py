"""The web application: both APIs from their route tables, one token each, a line in the log for each request."""

import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearsal.cloud import digitalocean, gitlab, registry_users
from rehearsal.cloud.digitalocean import errors
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World, WorldError

log = logging.getLogger("rehearsal.cloud")


def create_app(store: Store, world: World, *, token: str, gitlab_token: str) -> Starlette:
    """Both APIs and `GET /rehearsal/inventory` over one store and one world.

    `token` is for `/v2` and `/rehearsal`, as a bearer; `gitlab_token` for `/api/v4`. At the start the application takes up what
    was under way in the store.
    """

    def resume() -> None:
        try:
            digitalocean.resume(store, world)
            registry_users.publish(store, world)
        except WorldError:
            log.exception("not everything of the last run could be made real again")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(resume)
        yield

    def inventory() -> list[Object]:
        return [*digitalocean.inventory(store), *gitlab.inventory(store)]

    async def list_all(_request: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(inventory))

    return Starlette(
        routes=[
            *digitalocean.routes(store, world),
            *gitlab.routes(store, world, token=gitlab_token),
            Route("/rehearsal/inventory", list_all),
        ],
        middleware=[Middleware(RequestLog), Middleware(BearerToken, token=token, prefixes=("/v2/", "/rehearsal/"))],
        lifespan=lifespan,
    )


class RequestLog:
    """Logs method, path, status and milliseconds: never a query, a header or a body, which may hold secrets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            milliseconds = (perf_counter() - started) * 1000
            log.info("%s %s %d %.0f ms", scope["method"], scope["raw_path"].decode("ascii"), status, milliseconds)


class BearerToken:
    """Answers 401, in DigitalOcean's words, to a request below one of `prefixes` that does not carry the token."""

    def __init__(self, app: ASGIApp, *, token: str, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefixes):
            sent = Headers(scope=scope).get("authorization", "").encode()
            if not hmac.compare_digest(sent, self._wanted):
                await errors.reply(errors.ApiError(401, "Unable to authenticate you"))(scope, receive, send)
                return
        await self._app(scope, receive, send)
