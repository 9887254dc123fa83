"""What a release costs visitors, one way beside the other: `python -m bench.releases [--ways ours,compose] [--releases N]`.

Each way serves the same sample on this machine's Docker under the same load. Prints a table and writes `bench/release.json`: rows of
`way`, `requests`, `lost`, `longest_gap_s`, `p50_ms`, `p99_ms` over the whole load, and `seconds`, which a release took on average until
its commands returned. It needs the images of a rehearsal (`make up` builds them), not a rehearsal that runs.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from docker.errors import DockerException
from rich.console import Console

from bench.load import Background, Load
from bench.rows import show
from bench.ways.compose import Compose
from bench.ways.container import Container
from bench.ways.images import releases
from bench.ways.ours import AtRest, Ours, WithIdle
from bench.ways.swap import Swap
from bench.ways.way import MissingError, Way, WayError

FILE = Path(__file__).with_name("release.json")
REST_S, AFTER_S = 2, 10
"""Seconds of load before the first release, and after each."""
REQUESTS = 2000
"""At least so many in one load."""
WIDTH = 100
"""Of the table at least, so that no column is cut where the output is a file."""
COLUMNS = ("way", "requests", "lost", "longest_gap_s", "p50_ms", "p99_ms", "seconds")
Row = dict[str, str | int | float | None]


@dataclass(frozen=True)
class Run:
    """A way, made with its first image, and how many idle connections are held open besides the load."""

    make: Callable[[str], Way]
    idle: int = 0


RUNS = {
    "ours": Run(Ours),
    "rest": Run(AtRest),
    "idle": Run(WithIdle, idle=500),
    "compose": Run(Compose),
    "container": Run(Container),
    "swap": Run(Swap),
}
"""By what `--ways` calls them, in the order of the rows."""


def measure(run: Run, images: list[str]) -> Row:
    """Serve the first image and release the others under load. Raises MissingError, and WayError also for a release that nobody saw."""
    with run.make(images[0]) as way:
        load = Load(way.url, way.ca_file, way.host, idle=run.idle)
        offered = [way.offer(image) for image in images[1:]]
        seconds = []
        with Background(load) as traffic:
            began = time.monotonic()
            time.sleep(REST_S)
            for image in offered:
                seconds.append(_timed(way, image))
                time.sleep(AFTER_S)
            time.sleep(max(0, REQUESTS / load.rate - (time.monotonic() - began)))
        unseen = [image for image in offered if image not in traffic.report.releases]
        if unseen:
            raise WayError(f"{way.name}: no home page came from {', '.join(unseen)}, but from {', '.join(traffic.report.releases)}")
        return traffic.report.as_row(way.name) | {"seconds": round(mean(seconds), 1)}


def _timed(way: Way, image: str) -> float:
    began = time.monotonic()
    way.release(image)
    return time.monotonic() - began


def compare(runs: dict[str, Run], images: list[str], tell: Callable[[str], None]) -> list[Row]:
    """A row of each run in turn; one that this machine can't show is left out, and `tell` hears why. Raises WayError."""
    rows: list[Row] = []
    for name, run in runs.items():
        try:
            rows.append(measure(run, images))
        except MissingError as missing:
            tell(f"{name} is left out: {missing}")
        else:
            tell("  ".join(f"{rows[-1][column]}" for column in COLUMNS))
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 measured, 1 a way did not work, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m bench.releases", description="What a release costs visitors, by the way it is made.")
    parser.add_argument("--ways", default=",".join(RUNS), help="which to measure, separated by commas (default: %(default)s)")
    parser.add_argument("--releases", type=int, default=1, metavar="N", help="how many in one load (default: %(default)s)")
    options = parser.parse_args(arguments)
    chosen = options.ways.split(",")
    if unknown := [name for name in chosen if name not in RUNS]:
        parser.error(f"there is no way {', '.join(unknown)}; --ways takes {','.join(RUNS)}")
    if options.releases < 1:
        parser.error(f"--releases takes 1 or more, not {options.releases}")
    console = Console(soft_wrap=True)
    console.width = max(console.width, WIDTH)
    try:
        with releases(options.releases + 1) as images:
            rows = compare({name: run for name, run in RUNS.items() if name in chosen}, images, console.print)
    except (WayError, DockerException) as error:
        console.print(f"{error}")
        return 1
    show(rows, COLUMNS, console=console, file=FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
