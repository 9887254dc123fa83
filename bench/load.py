"""Load on a site of this machine, and what of it was lost: `python -m bench.load https://127.0.0.1 --ca FILE --host NAME --seconds 30`."""

import argparse
import asyncio
import contextlib
import json
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, urlsplit

import docker
from docker.errors import DockerException

from bench.report import Report as Report
from bench.traffic import Traffic


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
        return asyncio.run(Traffic(self).run(until))


class Background:
    """The load, in a thread, for as long as the body of a `with` takes. The clock runs when the body starts; `report` is there after it."""

    report: Report

    def __init__(self, load: Load) -> None:
        self._load, self._stop, self._thread = load, threading.Event(), ThreadPoolExecutor(1)

    def __enter__(self) -> "Background":
        traffic = Traffic(self._load)
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
