"""A connection of the load. HTTP/1.1 by hand: a library's pool would mend in silence what is to be counted."""

import asyncio
from time import perf_counter

from bench.request import LostError, Request

RACE_S = 0.005
"""A kept-alive connection that closes this soon after a request was sent was closing already. Later the server had the request."""


class StaleError(Exception):
    """The connection closed while it was idle."""


class Connection:
    """`kept` is False once either side said, with an answer, that it closes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._used = reader, writer, False
        self.kept = True

    @property
    def _closed(self) -> bool:
        return self._reader.at_eof() or self._reader.exception() is not None or self._writer.is_closing()

    async def ask(self, host: str, request: Request, *, keep: bool) -> bytes:
        """Send the request and give the body of a good answer.

        A request that may have arrived is stale only if it may be sent twice, which a POST may not (RFC 9110, section 9.2.2).
        Raises LostError for another status than 200 or no Content-Length, StaleError, and what the streams raise.
        """
        sent, used, self._used = perf_counter(), self._used, True
        if used and self._closed:
            raise StaleError
        lines = [f"{'GET' if request.body is None else 'POST'} {request.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"Connection: {'keep-alive' if keep else 'close'}"]
        lines += [] if request.body is None else [f"Content-Length: {len(request.body)}", "Content-Type: application/octet-stream"]
        try:
            self._writer.write("\r\n".join([*lines, "", ""]).encode() + (request.body or b""))
            await self._writer.drain()
            head = await self._reader.readuntil(b"\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            unanswered = not (isinstance(error, asyncio.IncompleteReadError) and error.partial)
            if used and unanswered and request.body is None and perf_counter() - sent < RACE_S:
                raise StaleError from error
            raise
        status, *rest = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        if "content-length" not in fields:
            raise LostError("no Content-Length")
        body = await self._reader.readexactly(int(fields["content-length"]))
        self.kept = keep and fields.get("connection", "").lower() != "close"
        if status.split()[1] != "200":
            raise LostError(f"HTTP {status.split()[1]}")
        return body

    def close(self) -> None:
        """At once, whatever was not sent."""
        self._writer.transport.abort()
