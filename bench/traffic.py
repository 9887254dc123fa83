"""The requests of a load, as they are sent and noted.

It is an open loop: requests start on a fixed clock whatever the replies do, and a latency counts from when its request was due, so an
outage can't hide by slowing the clock.
"""

import asyncio
import itertools
import math
import random
import re
import resource
import threading
from collections import Counter
from collections.abc import AsyncIterator
from time import perf_counter
from typing import TYPE_CHECKING

from bench.connection import Connection, StaleError
from bench.report import Report
from bench.request import HOME, SLOW, LostError, Request

if TYPE_CHECKING:
    from bench.load import Load

IDLE_S = 20
"""Each idle connection is used again this often, and once at the end."""
LONGEST_BODY = 8192
RELEASE = re.compile(rb"Release <code>([^<]+)</code>")


class Traffic:
    """One run of a load."""

    def __init__(self, load: "Load") -> None:
        self.started = threading.Event()
        self._load, self._tls = load, load.tls()
        self._chance = random.Random(0)  # noqa: S311 (the same mix in each run)
        self._pool: list[Connection] = []
        self._good: list[float] = []
        self._fast: list[float] = []
        self._lost: Counter[str] = Counter()
        self._releases: Counter[str] = Counter()
        self._stale = 0

    async def run(self, until: float | threading.Event) -> Report:
        """See `Load.run`. `started` is set once the clock runs."""
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # what an outage leaves open must not be lost to this machine's limit
        idle = [await self._ask(HOME, perf_counter()) for _ in range(self._load.idle)]
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
        request = HOME
        if kind < self._load.slow:
            request = SLOW
        elif kind < self._load.slow + self._load.post:
            length = self._chance.randint(1, LONGEST_BODY)
            request = Request("/echo", b"x" * length, {"length": length})
        connection = await self._ask(request, due, self._pool.pop() if keep and self._pool else None, keep=keep)
        if connection:
            self._pool.append(connection)

    async def _use(self, idle: list[Connection | None], turn: int) -> None:
        connection, idle[turn] = idle[turn], None
        idle[turn] = await self._ask(HOME, perf_counter(), connection)

    async def _ask(self, request: Request, due: float, connection: Connection | None = None, *, keep: bool = True) -> Connection | None:
        """Note what becomes of the request, and give the connection if it can be used again."""
        try:
            async with asyncio.timeout(self._load.timeout):
                body = None
                if connection:
                    try:
                        body = await connection.ask(self._load.host_header, request, keep=keep)
                    except StaleError:
                        self._stale += 1
                        connection.close()
                if body is None:
                    connection = await self._connect()
                    body = await connection.ask(self._load.host_header, request, keep=keep)
            request.check(body)
        except (LostError, OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            kind = str(error) if isinstance(error, LostError) else type(error).__name__
            self._lost[f"{request.path.partition('?')[0]}: {kind}"] += 1
            if connection:
                connection.close()
            return None
        self._good.append(perf_counter())
        if request is not SLOW:
            self._fast.append(self._good[-1] - due)
        if found := request is HOME and RELEASE.search(body):
            self._releases[found[1].decode()] += 1
        if connection and connection.kept:
            return connection
        if connection:
            connection.close()
        return None

    async def _connect(self) -> Connection:
        load = self._load
        return Connection(*await asyncio.open_connection(load.address, load.port, ssl=self._tls, server_hostname=load.server_name))

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


def _percentile_ms(ordered: list[float], share: float) -> float | None:
    """The nearest rank."""
    return round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 1) if ordered else None
