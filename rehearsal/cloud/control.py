"""What whoever runs the rehearsal asks of the cloud itself, below `/rehearsal`: what is there, what was asked, what shall go wrong."""

from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rehearsal.cloud import tokens
from rehearsal.cloud.calls import Calls
from rehearsal.cloud.digitalocean import errors
from rehearsal.cloud.fault_injection import Faults
from rehearsal.cloud.faults import Fault
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.tokens import Wish
from rehearsal.cloud.world import World

FAULTS = TypeAdapter(list[Fault])


def routes(inventory: Callable[[], list[Object]], calls: Calls, faults: Faults) -> list[Route]:
    """`GET /rehearsal/inventory`; `GET` and `DELETE /rehearsal/calls`; `GET` and `PUT /rehearsal/faults`, which replaces all."""

    async def list_all(_request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(inventory))

    async def list_calls(_request: Request) -> Response:
        return JSONResponse(calls.show())

    async def forget_calls(_request: Request) -> Response:
        calls.reset()
        return Response(status_code=204)

    async def list_faults(_request: Request) -> Response:
        return JSONResponse(faults.list())

    async def put_faults(request: Request) -> Response:
        try:
            faults.replace(FAULTS.validate_json(await request.body()))
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}" for problem in error.errors()]
            return errors.reply(errors.refused("; ".join(wrong)))
        return JSONResponse(faults.list())

    return [
        Route("/rehearsal/inventory", list_all),
        Route("/rehearsal/calls", list_calls),
        Route("/rehearsal/calls", forget_calls, methods=["DELETE"]),
        Route("/rehearsal/faults", list_faults),
        Route("/rehearsal/faults", put_faults, methods=["PUT"]),
    ]


def of_tokens(store: Store, world: World) -> list[Route]:
    """`POST /rehearsal/tokens` makes one and `DELETE` ends one, as people do on pages of DigitalOcean and GitLab (tokens.py)."""

    async def make(request: Request) -> Response:
        wish = Wish.model_validate_json(await request.body())
        return JSONResponse({"token": await run_in_threadpool(tokens.make, store, world, wish.api)})

    async def end(request: Request) -> Response:
        wish = Wish.model_validate_json(await request.body())
        await run_in_threadpool(tokens.end, store, wish.api, wish.token)
        return Response(status_code=204)

    return [Route("/rehearsal/tokens", make, methods=["POST"]), Route("/rehearsal/tokens", end, methods=["DELETE"])]
