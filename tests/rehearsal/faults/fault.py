"""A fault, and what visitors see of it: a row of `fault`, `requests`, `lost`, `longest_gap_s`, `back_s`."""

import threading
import time
from dataclasses import asdict, dataclass, field
from types import TracebackType

import httpx

from bench.load import Background
from tests.rehearsal.faults.site import LIMIT, Site
from tests.rehearsal.rehearsing import wait_for

BACK_S = 60
"""Seconds after which a site that is down because of a fault has to answer again, with nobody's help."""
REST_S = 3
"""Seconds of load before a fault, and after everything runs again."""
COLUMNS = ("fault", "requests", "lost", "longest_gap_s", "back_s")
_AGAIN = 6
"""So many good answers in a row, and it is back."""


class Fault:
    """Something that breaks. What it does to the site is done in `strike`, under load; it leaves everything as it was."""

    name: str
    lost_at_most: int | None = 0
    """None: whoever comes while it lasts is lost."""
    lasts: float = 0
    """Seconds that it goes on for; the site can't be back before."""
    of_the_host = False
    """Whether a preview after it also has to ask what is really there."""

    def prepare(self, site: Site) -> None:
        """What has to be there before; visitors don't count yet."""

    def strike(self, site: Site) -> None:
        """Break it, and mend what doesn't mend itself."""
        raise NotImplementedError

    def after(self, site: Site) -> None:
        """What else has to be so once all is well. Raises AssertionError."""

    def clean_up(self, site: Site) -> None:
        """Leave the site as it was, whatever has failed."""


@dataclass(frozen=True)
class Row:
    """What visitors saw."""

    fault: str
    requests: int
    lost: int
    longest_gap_s: float
    """Without a good answer of any address."""
    back_s: float
    """Seconds from the strike until the home page, which asks the database, answered each time; 0 if it never failed."""
    kinds: dict[str, int] = field(default_factory=dict)
    """What was lost, by path and kind."""


class Watch:
    """Asks for the home page four times a second, each time as a new visitor."""

    def __init__(self, site: Site) -> None:
        self._load, self._stop, self._seen = site.load, threading.Event(), list[tuple[float, bool]]()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def answers(self) -> bool:
        """Whether it has answered some times in a row."""
        return len(self._seen) >= _AGAIN and all(good for _, good in self._seen[-_AGAIN:])

    def back(self, since: float) -> float:
        """Seconds from then until all answers were good."""
        bad = [number for number, (when, good) in enumerate(self._seen) if not good and when > since]
        return round(self._seen[bad[-1] + 1][0] - since, 1) if bad else 0.0

    def _look(self) -> None:
        with httpx.Client(verify=self._load.tls() or True, timeout=3, headers={"Connection": "close"}) as visitor:
            while not self._stop.wait(0.25):
                try:
                    good = visitor.get(
                        f"https://{self._load.address}/",
                        headers={"Host": self._load.host_header},
                        extensions={"sni_hostname": self._load.server_name},
                    ).is_success
                except httpx.HTTPError:
                    good = False
                self._seen.append((time.monotonic(), good))


def measure(fault: Fault, site: Site) -> Row:
    """Strike under load, wait until the site is whole, and print the row. Raises AssertionError."""
    try:
        fault.prepare(site)
        with Background(site.load) as traffic, Watch(site) as watch:
            time.sleep(REST_S)
            struck = time.monotonic()
            fault.strike(site)
            wait_for("all tasks", lambda: site.whole, LIMIT)
            time.sleep(REST_S)
            wait_for("good answers", lambda: watch.answers, LIMIT)
            back = watch.back(struck)
        lost = traffic.report.lost
        row = Row(fault.name, traffic.report.requests, sum(lost.values()), traffic.report.longest_gap_s, back, lost)
        print(*asdict(row).values(), sep=" | ")
        fault.after(site)
    finally:
        fault.clean_up(site)
    return row
