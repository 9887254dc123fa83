"""The site as a visitor sees it: at its address, by its name, over HTTPS with the certificate checked."""

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")
LIMIT = 30
"""Seconds for the first good answer of a new release."""
STEADY = 3
"""Seconds for which every answer has to be good."""


class DoorError(Exception):
    """There is no good answer; `str()` says what there is."""


class ClosedError(DoorError):
    """Nobody answers, or not with a certificate that is this site's: nothing that a release can mend or spoil."""


@dataclass(frozen=True, kw_only=True)
class FrontDoor:
    """`url` is the address of the health check, `address` where the site really is; DNS is not asked.

    `ca_file` is a bundle to trust in place of the system's.
    """

    url: str
    address: str
    ca_file: str | None = None

    @property
    def name(self) -> str:
        return urlsplit(self.url).hostname or ""

    def ask(self, headers: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer below 400. Raises DoorError."""
        with self._open() as secure:
            connection = http.client.HTTPConnection(self.name, timeout=10)
            connection.sock = secure
            connection.request("GET", urlsplit(self.url).path, headers={"Host": self.name, "Connection": "close", **(headers or {})})
            answer = connection.getresponse()
            body = answer.read()
        if answer.status >= 400:
            raise DoorError(f"{self.url} answers {answer.status}: {body[:200].decode(errors='replace')}")
        return body

    def certificate(self) -> tuple[datetime, datetime]:
        """From when and until when the site's certificate is valid, in UTC. Raises DoorError, also where it is not valid now."""
        with self._open() as secure:
            told: dict[str, Any] = secure.getpeercert() or {}
        begin, end = (datetime.fromtimestamp(ssl.cert_time_to_seconds(told[name]), UTC) for name in ("notBefore", "notAfter"))
        return begin, end

    @contextmanager
    def _open(self) -> Iterator[ssl.SSLSocket]:
        """A connection; what goes wrong with it inside is a DoorError."""
        context = ssl.create_default_context(cafile=self.ca_file)
        try:
            with (
                socket.create_connection((self.address, 443), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname=self.name) as secure,
            ):
                yield secure
        except ssl.SSLError as error:
            raise ClosedError(f"{self.address} has no certificate for {self.name}: {error.reason or error}") from None
        except (OSError, http.client.HTTPException) as error:
            kind = ClosedError if isinstance(error, ConnectionRefusedError | TimeoutError) else DoorError
            raise kind(f"{self.url} at {self.address}: {str(error) or type(error).__name__}") from None

    def watch(self, digest: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Until every answer was good for STEADY seconds. Raises DoorError where that does not come within LIMIT.

        An answer that names a digest (as `RELEASE` gives it to the image) has to name this one.
        """
        end = time.monotonic() + LIMIT
        good_since: float | None = None
        while good_since is None or time.monotonic() < good_since + STEADY:
            try:
                named = set(_DIGEST.findall(self.ask()))
                if named and digest.encode() not in named:
                    raise DoorError(f"{self.url} is still answered by another release, {named.pop().decode()[:19]}")
                good_since = good_since or time.monotonic()
            except DoorError:
                good_since = None
                if time.monotonic() > end:
                    raise
            pause(0.25)


class Look:
    """A `watch` that is begun while other things go on, and given up where they fail."""

    def __init__(self, door: FrontDoor, digest: str, pool: Executor) -> None:
        self._door, self._digest, self._pool = door, digest, pool
        self._watch: Future[None] | None = None
        self._over = threading.Event()

    def begin(self) -> None:
        """Unless it has begun."""
        self._watch = self._watch or self._pool.submit(self._door.watch, self._digest, pause=self._pause)

    def result(self) -> None:
        """Raises DoorError as `watch` does."""
        self.begin()
        if self._watch:
            self._watch.result()

    def end(self) -> None:
        """Nobody wants to know any more."""
        self._over.set()

    def _pause(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise DoorError("nobody wanted to know any more")


def advice(door: FrontDoor) -> str:
    """What to do about a door that is closed: DNS first, since the certificate comes by itself once that is right."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(door.name, 443, family=socket.AF_INET)}
    except OSError:
        return (
            f"{door.name} has no address in DNS yet: delegate its zone to ns1, ns2 and ns3.digitalocean.com, or point it at {door.address}"
        )
    if door.address not in found:
        known = ", ".join(sorted(found))
        return f"{door.name} is at {known} in DNS, not at {door.address}: point it there; the certificate then comes by itself"
    return "DNS is right; the certificate comes within minutes (`docker service logs proxy` on the host says what it waits for)"
