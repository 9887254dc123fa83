"""The site as a visitor sees it, asked over real TLS."""

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from ci import front_door
from ci.front_door import ClosedError, DoorError, FrontDoor, advice

NAME, NEW, OLD = "site.example", f"sha256:{'b' * 64}", f"sha256:{'a' * 64}"
connect = socket.create_connection


class Site:
    """A server whose `answers` are given one after the other, the last one for ever."""

    def __init__(self, folder: Path) -> None:
        self.answers: list[tuple[int, str]] = [(200, "ok")]
        self.asked: list[tuple[str, str]] = []
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = site.answers.pop(0) if len(site.answers) > 1 else site.answers[0]
                site.asked.append((self.headers["Host"], self.path))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(NAME).configure_cert(context)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def door(self, name: str = NAME) -> FrontDoor:
        return FrontDoor(url=f"https://{name}/healthz", address="127.0.0.1", ca_file=str(self.ca_file))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """One that answers on the port that stands for 443."""
    found = Site(tmp_path)
    port = found.server.server_address[1]
    monkeypatch.setattr(socket, "create_connection", lambda address, **more: connect((address[0], port), **more))
    monkeypatch.setattr(front_door, "STEADY", 0.05)
    monkeypatch.setattr(front_door, "LIMIT", 0.5)
    thread = threading.Thread(target=lambda: found.server.serve_forever(poll_interval=0.01))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def watch(door: FrontDoor) -> None:
    door.watch(NEW, pause=lambda _: time.sleep(0.005))


def test_it_is_asked_by_its_name_and_for_its_health(site: Site) -> None:
    assert site.door().ask() == b"ok"
    assert site.asked == [(NAME, "/healthz")]


def test_an_answer_that_names_another_release_is_waited_out(site: Site) -> None:
    site.answers = [(200, f"release {OLD}"), (200, f"release {OLD}"), (200, f"release {NEW}")]
    watch(site.door())
    assert len(site.asked) > 3, "and the good one has to last"


def test_a_release_that_never_comes_is_an_error_that_names_what_answers(site: Site) -> None:
    site.answers = [(200, f"release {OLD}")]
    with pytest.raises(DoorError, match="still answered by another release, sha256:aaaaaaaaaaaa"):
        watch(site.door())


def test_a_bad_answer_in_between_begins_the_watch_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "STEADY", 0)
    site.answers = [(502, "bad"), (200, "ok")]
    watch(site.door())
    assert len(site.asked) == 2


def test_errors_of_the_site_are_told_with_what_it_says(site: Site) -> None:
    site.answers = [(500, "the database is away")]
    with pytest.raises(DoorError, match=r"https://site\.example/healthz answers 500: the database is away") as failed:
        watch(site.door())
    assert not isinstance(failed.value, ClosedError), "it is open"


def test_a_certificate_of_another_name_is_a_closed_door(site: Site) -> None:
    with pytest.raises(ClosedError, match=r"127\.0\.0\.1 has no certificate for other\.example"):
        site.door("other.example").ask()


def test_a_certificate_says_from_when_and_until_when_it_is_valid(site: Site) -> None:
    begin, end = site.door().certificate()
    assert begin < datetime.now(UTC) < end
    with pytest.raises(ClosedError, match=r"has no certificate for other\.example"):
        site.door("other.example").certificate()


def test_nobody_there_is_a_closed_door(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(ClosedError, match="Connection refused"):
        FrontDoor(url="https://site.example/", address="203.0.113.9").ask()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "has no address in DNS yet: delegate its zone"),
        ("198.51.100.7", "is at 198.51.100.7 in DNS, not at 203.0.113.9: point it there"),
        ("203.0.113.9", "DNS is right"),
    ],
)
def test_advice_on_a_closed_door_begins_with_dns(monkeypatch: pytest.MonkeyPatch, found: str | None, told: str) -> None:
    def resolve(*_args: object, **_more: object) -> list[Any]:
        if found is None:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert told in advice(FrontDoor(url="https://site.example/", address="203.0.113.9"))
