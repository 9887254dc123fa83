"""How DigitalOcean's API speaks: bearer tokens, JSON, `{id, message}` errors, lists in pages."""

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rehearsal.cloud.digitalocean.errors import ApiError, not_found, refused, reply
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World, WorldError

Model = TypeVar("Model", bound=BaseModel)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: path segments, query, JSON body, and what it is about."""

    store: Store
    world: World
    url: str
    path: dict[str, Any]
    query: Mapping[str, str]
    body: Object

    def read(self, model: type[Model]) -> Model:
        """The body as a model. Raises ApiError 422, which names each wrong field and what is allowed, never the value."""
        try:
            return model.model_validate(self.body)
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors(include_input=False)]
        raise refused("; ".join(wrong))

    def find(self, collection: str, name: str = "id") -> Object:
        """The object that the path's segment `name` means. Call it inside `with store`. Raises ApiError 404."""
        found = self.store[collection].get(str(self.path[name]))
        if found is None:
            raise not_found()
        return found


class Endpoint(NamedTuple):
    """One operation: the handler answers a JSON object, or None for an empty body. A `DELETE` answers 204."""

    method: str
    path: str
    handler: Callable[[Call], Object | None]
    status: int = 200


def route(endpoint: Endpoint, store: Store, world: World) -> Route:
    """The endpoint as a route. Its handler runs in a worker thread; changes are made one at a time, reads meanwhile."""
    one_at_a_time = nullcontext() if endpoint.method == "GET" else store.applying

    def handle(call: Call) -> Object | None:
        with one_at_a_time:
            return endpoint.handler(call)

    async def answer(request: Request) -> Response:
        try:
            call = Call(
                store=store,
                world=world,
                url=str(request.url.replace(query="")),
                path=request.path_params,
                query=request.query_params,
                body=_object(await request.body()),
            )
            body = await run_in_threadpool(handle, call)
            return Response(status_code=endpoint.status) if body is None else JSONResponse(body, endpoint.status)
        except ApiError as error:
            return reply(error)
        except WorldError as error:
            # Not a 5xx: the official clients repeat those, a POST too, and the second one makes a second droplet.
            return reply(refused(str(error)))

    return Route(endpoint.path, answer, methods=[endpoint.method])


def unknown() -> Route:
    """The last route: says what the stand-in does not answer."""

    async def answer(request: Request) -> Response:
        what = f"{request.method} {request.url.path}"
        return reply(
            ApiError(404, f"the rehearsal's DigitalOcean does not answer {what}; rehearsal/cloud/digitalocean/ holds what it answers")
        )

    return Route("/v2/{rest:path}", answer, methods=METHODS)


def page(call: Call, key: str, items: list[Object]) -> Object:
    """The page of `items` that `page` and `per_page` (20 unless told, 200 at most) ask for, with links to the others."""
    number, size = _count(call, "page", 1), min(_count(call, "per_page", 20), 200)
    last = max(1, -(-len(items) // size))
    pages: dict[str, int] = {}
    if number > 1:
        pages |= {"first": 1, "prev": number - 1}
    if number < last:
        pages |= {"next": number + 1, "last": last}
    links = {"pages": {name: f"{call.url}?page={target}&per_page={size}" for name, target in pages.items()}} if pages else {}
    return {key: items[(number - 1) * size : number * size], "links": links, "meta": {"total": len(items)}}


def _count(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise refused(f"{name}: {text!r} is no number from 1 on")
    return int(text)


def _object(content: bytes) -> Object:
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise refused("the body must be a JSON object")
    return body
