"""How GitLab's API speaks: tokens, JSON, and paths in which `group%2Fproject` is one segment."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from rehearsal.cloud.gitlab import job_tokens
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.pages import page
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import World, WorldError

PREFIX = "/api/v4"
Json = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: `path` holds the decoded segments, `params` the query and the JSON body together, as in GitLab.

    `content` is the body of an upload, `job` the one whose CI_JOB_TOKEN was sent; None where it was a person's `token`.
    """

    store: Store
    world: World
    path: dict[str, str]
    params: Json
    content: bytes = b""
    job: Record | None = None
    token: str = ""

    def read(self, model: type[Model]) -> Model:
        """The parameters as a model. Raises ApiError 400 in GitLab's words, naming the parameter and never its value."""
        try:
            return model.model_validate(self.params)
        except ValidationError as error:
            reasons = [_reason(str(problem["loc"][0]), problem["type"]) for problem in error.errors(include_input=False)]
        raise ApiError(400, {"error": ", ".join(reasons)})

    def number(self, name: str) -> int:
        """A path segment that is an id. Raises ApiError 400."""
        try:
            return int(self.path[name])
        except ValueError:
            raise ApiError(400, {"error": f"{name} is invalid"}) from None


def _reason(name: str, problem: str) -> str:
    match problem:
        case "missing":
            return f"{name} is missing"
        case "literal_error" | "enum":
            return f"{name} does not have a valid value"
        case _:
            return f"{name} is invalid"


class Endpoint(NamedTuple):
    """One operation: its path is below `/api/v4`.

    The handler answers an object, a list (sent in pages), a file's bytes or None (204); what it raises takes back what it changed in the
    store. `after` then makes the world follow. A handler that `asks_world` is not inside `with store`: it goes there itself, and not
    meanwhile. `job_token`: a job may come with its own token (https://docs.gitlab.com/ci/jobs/ci_job_token/). An `upload` has no JSON body.
    """

    method: str
    path: str
    handler: Callable[[Call], Any]
    status: int = 200
    after: Callable[[Store, World], None] | None = None
    asks_world: bool = False
    job_token: bool = False
    upload: bool = False


class EncodedRoute(Route):
    """A route that is matched before percent-decoding, so that a project's path or a branch `release/*` is one segment."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        match, child = super().matches({**scope, "path": scope["raw_path"].decode("ascii")})
        if match is not Match.NONE:
            child["path_params"] = {name: unquote(value) for name, value in child["path_params"].items()}
        return match, child


def route(endpoint: Endpoint, store: Store, world: World, accepts: Callable[[str], bool]) -> EncodedRoute:
    """The endpoint as a route, for the tokens that `accepts` takes. Its handler runs in a worker thread and has the store to itself."""

    def handle(call: Call) -> Any:
        with nullcontext() if endpoint.asks_world else store:
            body = endpoint.handler(call)
        if endpoint.after:
            endpoint.after(store, world)
        return body

    async def answer(request: Request) -> Response:
        try:
            sent, job = _authorize(request.headers, accepts, store if endpoint.job_token else None)
            content = await request.body()
            params = dict(request.query_params) | ({} if endpoint.upload else _json(content))
            call = Call(store=store, world=world, path=request.path_params, params=params, content=content, job=job, token=sent)
            body = await run_in_threadpool(handle, call)
            if isinstance(body, list):
                return page(request, body)
            if isinstance(body, bytes):
                return Response(body, media_type="application/octet-stream")
            return Response(status_code=204) if body is None else JSONResponse(body, endpoint.status)
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        except WorldError as error:
            return JSONResponse({"message": f"500 Internal Server Error: {error}"}, 500)

    return EncodedRoute(PREFIX + endpoint.path, answer, methods=[endpoint.method])


def unknown() -> EncodedRoute:
    """The last route: says what the stand-in does not answer."""

    async def answer(request: Request) -> Response:
        path = request.scope["raw_path"].decode("ascii")
        hint = f"the rehearsal's GitLab does not answer {request.method} {path}; rehearsal/cloud/gitlab/ holds what it answers"
        return JSONResponse({"error": "404 Not Found", "hint": hint}, 404)

    return EncodedRoute(PREFIX + "/{rest:path}", answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


def _authorize(headers: Headers, accepts: Callable[[str], bool], jobs: Store | None) -> tuple[str, Record | None]:
    """A person's token, or the job that asks. Raises ApiError 401; always for a job's token where there are no `jobs`."""
    if jobs and (sent := headers.get("job-token")):
        return "", job_tokens.owner(jobs, sent)
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    sent = headers.get("private-token") or (bearer if scheme.lower() == "bearer" else "")
    if not accepts(sent):
        raise ApiError(401, {"message": "401 Unauthorized"})
    return sent, None


def _json(content: bytes) -> Json:
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, {"error": "the body must be a JSON object"})
    return body
