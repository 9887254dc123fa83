"""The site of `tests.bench.site`, started, and a plain server whose every reply a test decides."""

import asyncio
import contextlib
import queue
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from rehearsal.home import CHECKOUT
from rehearsal.world.certificates import Authority

HOST = "staging.localhost"
LIMIT_S = 20
"""Seconds that a condition may take to come true."""

Reply = Callable[[int, str], Awaitable[bytes]]


class Site:
    """The process; it can be started again on the port that it had."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        self.ca_file, self._chain, self._key, self.port = authority.file, folder / "chain.pem", folder / "key.pem", 0
        authority.issue(HOST).write(self._chain, self._key)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        words = [sys.executable, "-m", "tests.bench.site", str(self._chain), str(self._key), str(self.port)]
        self.process = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        self._said: queue.Queue[str] = queue.Queue()
        self._listening = threading.Thread(target=self._listen, args=[self.process])
        self._listening.start()
        self.port = int(self._said.get(timeout=LIMIT_S))

    def wait_for(self, path: str, times: int) -> None:
        """Until so many requests for it have begun that were not waited for before."""
        while times:
            times -= self._said.get(timeout=LIMIT_S) == path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(LIMIT_S)
        self._listening.join(LIMIT_S)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        with process, contextlib.suppress(ValueError):
            for line in process.stdout or ():
                self._said.put(line.strip())


@contextlib.contextmanager
def replying(reply: Reply) -> Iterator[str]:
    """A plain HTTP server: `reply(n, path)` gives what is sent for the nth request of a connection, b"" closes it. Yields its url."""

    url, ready, over, loop = "", threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            number = 0
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
                await reader.readexactly(int(length or 0))
                answer = await reply(number, head.split()[1])
                if not answer:
                    break
                writer.write(answer)
                number += 1
        writer.close()

    async def serve() -> None:
        nonlocal url
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await over.wait()
        server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    try:
        assert ready.wait(LIMIT_S)
        yield url
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(LIMIT_S)
        loop.close()


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
