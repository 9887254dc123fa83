"""The web application: both APIs from their route tables, tokens, a line in the log for each request."""

import hmac
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearsal.cloud import control, digitalocean, gitlab, registry_users, tokens
from rehearsal.cloud.calls import Calls
from rehearsal.cloud.digitalocean import errors
from rehearsal.cloud.digitalocean.rate_limit import RateLimit
from rehearsal.cloud.fault_injection import FaultInjection, Faults
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World, WorldError

CALLS_FOLDER = "REHEARSAL_CALLS"
"""The environment variable that names a folder; the application leaves there what it was asked."""

log = logging.getLogger("rehearsal.cloud")


class Cloud(Starlette):
    """The application. `calls` is what it was asked."""

    calls: Calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keeps uvicorn's transport, for the faults: ASGI has no word for a connection that is cut."""
        if scope["type"] == "http":
            scope["transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


def create_app(store: Store, world: World, *, token: str, gitlab_token: str) -> Cloud:
    """Both APIs, and what is below `/rehearsal`, over one store and one world.

    `token` is for `/v2` and `/rehearsal`, as a bearer; `gitlab_token` for `/api/v4`; tokens.py makes more of both. At the start the
    application takes up what was under way in the store.
    """
    takes = partial(tokens.accepted, store)
    routes = [*digitalocean.routes(store, world), *gitlab.routes(store, world, accepts=partial(takes, "gitlab", gitlab_token))]
    calls, faults = Calls(routes), Faults()

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
        if folder := os.environ.get(CALLS_FOLDER):
            calls.save(Path(folder))

    def inventory() -> list[Object]:
        return [*digitalocean.inventory(store), *gitlab.inventory(store)]

    app = Cloud(
        routes=[*routes, *control.routes(inventory, calls, faults), *control.of_tokens(store, world)],
        middleware=[
            Middleware(RequestLog, calls=calls),
            Middleware(RateLimit),
            Middleware(BearerToken, accepts=partial(takes, "digitalocean", token), prefix="/v2/"),
            Middleware(BearerToken, accepts=partial(hmac.compare_digest, token), prefix="/rehearsal/"),
            Middleware(FaultInjection, faults=faults),
        ],
        lifespan=lifespan,
    )
    app.calls = calls
    return app


class RequestLog:
    """Counts each request, and logs method, path, status and milliseconds: never a query, a header or a body, which may hold secrets."""

    def __init__(self, app: ASGIApp, *, calls: Calls) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # What whoever runs the rehearsal asks is not asked of a cloud.
        if scope["type"] != "http" or scope["path"].startswith("/rehearsal/"):
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), None

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # Before the client has its answer, which may be about the calls.
                self._calls.note(scope, status)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            if status is None:
                self._calls.note(scope, None)
            milliseconds = (perf_counter() - started) * 1000
            log.info("%s %s %s %.0f ms", scope["method"], scope["raw_path"].decode("ascii"), status or "no answer", milliseconds)


class BearerToken:
    """Answers 401, in DigitalOcean's words, to a request below `prefix` with another token than it `accepts`."""

    def __init__(self, app: ASGIApp, *, accepts: Callable[[str], bool], prefix: str) -> None:
        self._app = app
        self._accepts = accepts
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            scheme, _, sent = Headers(scope=scope).get("authorization", "").partition(" ")
            if scheme != "Bearer" or not sent.isascii() or not await run_in_threadpool(self._accepts, sent):
                await errors.reply(errors.ApiError(401, "Unable to authenticate you"))(scope, receive, send)
                return
        await self._app(scope, receive, send)
