"""The service in its container: `python3 -m rehearsal.cloud.spaces`.

Droplets reach it at port 443 under its real names. This machine's programs, which can't know these, go through port 3128: an HTTP
proxy that takes CONNECT to those names and to no others.
"""

import asyncio
import contextlib
import re
from pathlib import Path

import uvicorn

from rehearsal.cloud.spaces.app import DOMAIN, create_app

TOLD, DATA = Path("/told"), Path("/data")
_ASKED = re.compile(rb"CONNECT ([a-z0-9.-]+):443 HTTP/1.[01]\r\n")


async def main() -> None:
    proxy = await asyncio.start_server(_tunnel, "0.0.0.0", 3128)  # noqa: S104 - published on this machine's loopback address only
    config = uvicorn.Config(
        create_app(DATA, TOLD / "keys.json"),
        host="0.0.0.0",  # noqa: S104 - inside its container
        port=443,
        ssl_certfile=TOLD / "server.crt",
        ssl_keyfile=str(TOLD / "server.key"),
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    async with proxy:
        await uvicorn.Server(config).serve()


async def _tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
        asked = _ASKED.match(await reader.readuntil(b"\r\n\r\n"))
        if not asked or not asked[1].endswith(f".{DOMAIN}".encode()):
            writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return
        there, to = await asyncio.open_connection("127.0.0.1", 443)
        with contextlib.closing(to):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_copy(reader, to), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


asyncio.run(main())
