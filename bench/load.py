"""Load on a site of this machine, and what of it was lost: `python -m bench.load https://127.0.0.1 --ca FILE --host NAME --seconds 30`.

It is an open loop: requests start on a fixed clock whatever the replies do, and a latency counts from when its request was due, so an
outage can't hide by slowing the clock. HTTP/1.1 by hand: a library's pool would mend in silence what is to be counted.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import math
import random
import re
import resource
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, urlsplit

import docker
from docker.errors import DockerException

SLOW_S = 2
IDLE_S = 20
"""Each idle connection is used again this often, and once at the end."""
RACE_S = 0.005
"""A kept-alive connection that closes this soon after a request was sent was closing already. Later the server had the request."""
LONGEST_BODY = 8192
RELEASE = re.compile(rb"Release <code>([^<]+)</code>")


@dataclass(frozen=True)
class Report:
    """What became of the requests: each was answered as it should be, or lost."""

    requests: int
    lost: dict[str, int]
    """By path and kind: a status other than 200, a wrong body, or the error."""
    stale: int
    """Kept-alive connections that closed while they were idle; their requests were sent again on new ones, as any client does."""
    longest_gap_s: float
    """Longest time without a good answer, from the clock's start to its end."""
    p50_ms: float | None
    """Of the good answers that were not told to be slow; None where there are none."""
    p99_ms: float | None
    seconds: float
    releases: dict[str, int]
    """How many home pages each release answered, in the order of their first."""

    def as_row(self, way: str) -> dict[str, str | int | float | None]:
        """A line of a table that compares ways of doing something under load."""
        return {
            "way": way,
            "requests": self.requests,
            "lost": sum(self.lost.values()),
            "longest_gap_s": self.longest_gap_s,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Load:
    """What to send where: `rate` is requests a second; `slow`, `post` and `keep_alive` are shares of them, `timeout` seconds for one.

    `url` says scheme, address and port, `host` the site's name (default: the url's). `idle` connections are held open besides.
    Raises ValueError for an address that is not this machine's.
    """

    url: str
    ca_file: Path | None = None
    host: str = ""
    rate: float = 80
    slow: float = 0.05
    post: float = 0.1
    keep_alive: float = 0.7
    idle: int = 0
    timeout: float = 30

    def __post_init__(self) -> None:
        if self._parts.scheme not in ("http", "https") or self._parts.path not in ("", "/") or self._parts.query:
            raise ValueError(f"the url must be http://ADDRESS[:PORT] or https://ADDRESS[:PORT], not {self.url}")
        if self.rate <= 0:
            raise ValueError(f"the rate must be more than 0 requests a second, not {self.rate}")
        if self.ca_file and not self.ca_file.is_file():
            raise ValueError(f"the CA file {self.ca_file} is not there; a rehearsal writes its stack's: make up")
        _ = self.address

    @cached_property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @cached_property
    def address(self) -> str:
        """Where to connect to. Names under localhost are loopback whatever the resolver says (RFC 6761); no other name is looked up."""
        name = self._parts.hostname or ""
        if name == "localhost" or name.endswith(".localhost"):
            return "127.0.0.1"
        with contextlib.suppress(ValueError):
            address = ip_address(name)
            if address.is_loopback or any(address in bridge for bridge in _docker_bridges()):
                return name
        raise ValueError(
            f"load goes to this machine only: 127.0.0.1, NAME.localhost or an address on one of its Docker bridges, not {name or self.url};"
            " give the site's name apart: https://127.0.0.1 --host NAME"
        )

    @property
    def port(self) -> int:
        """The url's, or the scheme's."""
        return self._parts.port or (443 if self._parts.scheme == "https" else 80)

    @property
    def host_header(self) -> str:
        """What the site is called in a request."""
        return self.host or self._parts.netloc

    @property
    def server_name(self) -> str | None:
        """What the site is called in TLS; None for plain HTTP."""
        return self.host or self._parts.hostname if self._parts.scheme == "https" else None

    def tls(self) -> ssl.SSLContext | None:
        """Trusts `ca_file`, or what the system trusts; None for plain HTTP."""
        return ssl.create_default_context(cafile=self.ca_file) if self._parts.scheme == "https" else None

    def run(self, until: float | threading.Event) -> Report:
        """Keep it up for some seconds or until the event is set, then wait for the last answers.

        Raises ConnectionError where an idle connection can't be opened to begin with.
        """
        return asyncio.run(_Traffic(self).run(until))


class Background:
    """The load, in a thread, for as long as the body of a `with` takes. The clock runs when the body starts; `report` is there after it."""

    report: Report

    def __init__(self, load: Load) -> None:
        self._load, self._stop, self._thread = load, threading.Event(), ThreadPoolExecutor(1)

    def __enter__(self) -> "Background":
        traffic = _Traffic(self._load)
        self._running = self._thread.submit(lambda: asyncio.run(traffic.run(self._stop)))
        self._running.add_done_callback(lambda _: traffic.started.set())
        traffic.started.wait()
        if self._running.done():
            self._running.result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        with self._thread:
            self.report = self._running.result()


@dataclass(frozen=True)
class _Request:
    path: str
    body: bytes | None = None
    expected: dict[str, int] | None = None
    """What the answer must be as JSON, if that is known."""


_HOME = _Request("/")
_SLOW = _Request(f"/slow?s={SLOW_S}", expected={"slept": SLOW_S})


class _LostError(Exception):
    """Not the answer that it should be; the message is the kind."""


class _StaleError(Exception):
    """The connection closed while it was idle."""


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._used = reader, writer, False
        self.kept = True

    @property
    def _closed(self) -> bool:
        return self._reader.at_eof() or self._reader.exception() is not None or self._writer.is_closing()

    async def ask(self, host: str, request: _Request, *, keep: bool) -> bytes:
        """Send the request and give the body of a good answer.

        A request that may have arrived is stale only if it may be sent twice, which a POST may not (RFC 9110, section 9.2.2).
        """
        sent, used, self._used = perf_counter(), self._used, True
        if used and self._closed:
            raise _StaleError
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
                raise _StaleError from error
            raise
        status, *rest = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        if "content-length" not in fields:
            raise _LostError("no Content-Length")
        body = await self._reader.readexactly(int(fields["content-length"]))
        self.kept = keep and fields.get("connection", "").lower() != "close"
        if status.split()[1] != "200":
            raise _LostError(f"HTTP {status.split()[1]}")
        return body

    def close(self) -> None:
        self._writer.transport.abort()


class _Traffic:
    """One run of a load."""

    def __init__(self, load: Load) -> None:
        self.started = threading.Event()
        self._load, self._tls = load, load.tls()
        self._chance = random.Random(0)  # noqa: S311 (the same mix in each run)
        self._pool: list[_Connection] = []
        self._good: list[float] = []
        self._fast: list[float] = []
        self._lost: Counter[str] = Counter()
        self._releases: Counter[str] = Counter()
        self._stale = 0

    async def run(self, until: float | threading.Event) -> Report:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # what an outage leaves open must not be lost to this machine's limit
        idle = [await self._ask(_HOME, perf_counter()) for _ in range(self._load.idle)]
        if self._lost:
            raise ConnectionError(f"not all of {len(idle)} idle connections to {self._load.url} could be opened: {dict(self._lost)}")
        for noted in (self._good, self._fast, self._releases):
            noted.clear()
        start, turns = perf_counter(), itertools.cycle(range(len(idle)))
        self.started.set()
        used = 0
        async with asyncio.TaskGroup() as requests:
            async for elapsed in _clock(start, self._load.rate):
                if until.is_set() if isinstance(until, threading.Event) else elapsed >= until:
                    break
                requests.create_task(self._visit(start + elapsed))
                while used < int(elapsed / IDLE_S * len(idle)):
                    requests.create_task(self._use(idle, next(turns)))
                    used += 1
            end = perf_counter()
            for _ in idle:
                requests.create_task(self._use(idle, next(turns)))
                await asyncio.sleep(1 / self._load.rate)
        for connection in [*self._pool, *idle]:
            if connection:
                connection.close()
        return self._report(start, end)

    async def _visit(self, due: float) -> None:
        kind, keep = self._chance.random(), self._chance.random() < self._load.keep_alive
        request = _HOME
        if kind < self._load.slow:
            request = _SLOW
        elif kind < self._load.slow + self._load.post:
            length = self._chance.randint(1, LONGEST_BODY)
            request = _Request("/echo", b"x" * length, {"length": length})
        connection = await self._ask(request, due, self._pool.pop() if keep and self._pool else None, keep=keep)
        if connection:
            self._pool.append(connection)

    async def _use(self, idle: list[_Connection | None], turn: int) -> None:
        connection, idle[turn] = idle[turn], None
        idle[turn] = await self._ask(_HOME, perf_counter(), connection)

    async def _ask(self, request: _Request, due: float, connection: _Connection | None = None, *, keep: bool = True) -> _Connection | None:
        """Note what becomes of the request, and give the connection if it can be used again."""
        try:
            async with asyncio.timeout(self._load.timeout):
                body = None
                if connection:
                    try:
                        body = await connection.ask(self._load.host_header, request, keep=keep)
                    except _StaleError:
                        self._stale += 1
                        connection.close()
                if body is None:
                    connection = await self._connect()
                    body = await connection.ask(self._load.host_header, request, keep=keep)
            _check(request, body)
        except (_LostError, OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            kind = str(error) if isinstance(error, _LostError) else type(error).__name__
            self._lost[f"{request.path.partition('?')[0]}: {kind}"] += 1
            if connection:
                connection.close()
            return None
        self._good.append(perf_counter())
        if request is not _SLOW:
            self._fast.append(self._good[-1] - due)
        if found := request is _HOME and RELEASE.search(body):
            self._releases[found[1].decode()] += 1
        if connection and connection.kept:
            return connection
        if connection:
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        load = self._load
        return _Connection(*await asyncio.open_connection(load.address, load.port, ssl=self._tls, server_hostname=load.server_name))

    def _report(self, start: float, end: float) -> Report:
        good = [start, *sorted(when for when in self._good if when < end), end]
        fast = sorted(self._fast)
        return Report(
            requests=len(self._good) + self._lost.total(),
            lost=dict(self._lost),
            stale=self._stale,
            longest_gap_s=round(max(after - before for before, after in itertools.pairwise(good)), 3),
            p50_ms=_percentile_ms(fast, 0.5),
            p99_ms=_percentile_ms(fast, 0.99),
            seconds=round(end - start, 1),
            releases=dict(self._releases),
        )


async def _clock(start: float, rate: float) -> AsyncIterator[float]:
    """The seconds after `start` when each request is due; those that are overdue come at once."""
    for number in itertools.count():
        await asyncio.sleep(max(0.0, start + number / rate - perf_counter()))
        yield number / rate


def _check(request: _Request, body: bytes) -> None:
    with contextlib.suppress(ValueError):
        if request.expected is None or json.loads(body) == request.expected:
            return
    raise _LostError("wrong body")


def _percentile_ms(ordered: list[float], share: float) -> float | None:
    """The nearest rank."""
    return round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 1) if ordered else None


def _docker_bridges() -> list[IPv4Network | IPv6Network]:
    """The subnets of this machine's Docker bridges; none where no engine answers."""
    try:
        with contextlib.closing(docker.from_env()) as engine:
            networks: list[dict[str, Any]] = [network.attrs for network in engine.networks.list(filters={"driver": "bridge"})]
    except DockerException:
        return []
    return [ip_network(pool["Subnet"]) for network in networks for pool in network["IPAM"]["Config"] or []]


def main(arguments: list[str] | None = None) -> None:
    """Run one load and print its report; wrong usage exits with 2."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Load on a site of this machine, and what of it was lost.")
    parser.add_argument("url", help="http://ADDRESS[:PORT] or https://ADDRESS[:PORT] of this machine")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the authority that signed the site's certificate, as PEM")
    parser.add_argument("--host", default="", metavar="NAME", help="the site's name (default: the url's)")
    parser.add_argument("--seconds", type=float, required=True, help="how long requests are started")
    parser.add_argument("--rate", type=float, default=Load.rate, help="requests a second (default: %(default)s)")
    parser.add_argument(
        "--idle", type=int, default=Load.idle, metavar="N", help="hold N idle connections open besides (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    try:
        load = Load(options.url, options.ca, options.host, rate=options.rate, idle=options.idle)
        report = load.run(options.seconds)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    if options.json:
        print(json.dumps(asdict(report)))
    else:
        print("\n".join(f"{name:<14}{value}" for name, value in asdict(report).items()))


if __name__ == "__main__":
    main()
