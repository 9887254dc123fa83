"""A site that is loaded, in a process that can be stopped and killed: `python -m tests.bench.site CHAIN KEY PORT`.

It answers as the sample site does and prints its port once it listens, then the path of each request that it begins.
"""

import asyncio
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

IDLE_LIMIT_S = 1


async def home(_request: Request) -> Response:
    print("/", flush=True)
    return PlainTextResponse("Release <code>sha256:0123</code>")


async def slow(request: Request) -> Response:
    print("/slow", flush=True)
    seconds = float(request.query_params["s"])
    await asyncio.sleep(seconds)
    return JSONResponse({"slept": seconds})


async def echo(request: Request) -> Response:
    print("/echo", flush=True)
    return JSONResponse({"length": len(await request.body())})


def main(chain: str, key: str, port: str) -> None:
    """Serve until a signal; connections that are idle for `IDLE_LIMIT_S` are closed."""
    app = Starlette(routes=[Route("/", home), Route("/slow", slow), Route("/echo", echo, methods=["POST"])])
    config = uvicorn.Config(app, ssl_certfile=chain, ssl_keyfile=key, timeout_keep_alive=IDLE_LIMIT_S, log_level="critical")
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
