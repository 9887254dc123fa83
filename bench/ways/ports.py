"""Ports of 127.0.0.1, and whether something answers there."""

import socket
import time

import httpx

from bench.ways.way import WayError

ADDRESS = "127.0.0.1"
PORTS = range(18080, 18100)
LIMIT_S = 60


def free_port(*others: int) -> int:
    """The first of PORTS that nothing listens on and that is none of the others. Raises WayError where all are taken."""
    for port in (port for port in PORTS if port not in others):
        try:
            socket.create_server((ADDRESS, port)).close()
        except OSError:
            continue
        return port
    raise WayError(f"all ports of {ADDRESS} from {PORTS[0]} to {PORTS[-1]} are taken; see: ss -ltnp")


def wait_for(url: str, *, every: float = 0.2) -> None:
    """Ask every so many seconds until the answer is 200. Raises WayError after LIMIT_S."""
    until, said = time.monotonic() + LIMIT_S, ""
    while time.monotonic() < until:
        try:
            answer = httpx.get(url, trust_env=False, timeout=5)
        except httpx.TransportError as error:
            said = type(error).__name__
        else:
            if answer.status_code == httpx.codes.OK:
                return
            said = f"HTTP {answer.status_code} {answer.text[:200]}"
        time.sleep(every)
    raise WayError(f"{url} did not answer with 200 within {LIMIT_S} s, but: {said}")
