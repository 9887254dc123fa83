"""What the load generator counts, on a real TLS site and on servers that answer wrongly."""

import asyncio
import json
import signal
import ssl
from time import perf_counter

import pytest

from bench import connection, traffic
from bench.load import Background, Load, main
from bench.request import SLOW_S
from tests.bench.started import HOST, LIMIT_S, Site, answer, replying

pytestmark = pytest.mark.integration


def on(
    site: Site, *, rate: float = 40, slow: float = 0, post: float = 0, keep_alive: float = 0.7, idle: int = 0, timeout: float = 10
) -> Load:
    return Load(site.url, site.ca_file, HOST, rate, slow, post, keep_alive, idle, timeout)


def test_a_site_that_serves_loses_nothing(site: Site) -> None:
    report = on(site, slow=0.1, post=0.3).run(2)
    assert (report.requests, report.lost, report.seconds) == (80, {}, 2.0)
    assert 0 < report.releases["sha256:0123"] < 80
    assert report.p50_ms
    assert report.p99_ms
    assert report.p50_ms <= report.p99_ms < SLOW_S * 1000, "slow requests are not among the fast ones"


def test_the_shares_of_the_mix_are_what_was_asked_for(site: Site) -> None:
    assert on(site, post=1).run(0.5).releases == {}, "the home page alone says its release"
    assert on(site).run(0.5).releases == {"sha256:0123": 20}


def test_a_killed_site_is_lost_until_it_is_back(site: Site) -> None:
    with Background(on(site)) as background:
        site.wait_for("/", times=10)
        site.kill()
        down = perf_counter()
        site.start()
        up = perf_counter()
        site.wait_for("/", times=10)
    report = background.report
    assert report.lost["/: ConnectionRefusedError"] > (up - down) * 20, "half of the requests that were due"
    assert report.longest_gap_s > (up - down) * 0.9
    assert report.longest_gap_s < report.seconds
    assert sum(report.releases.values()) == report.requests - sum(report.lost.values())


def test_slow_requests_that_are_cut_are_lost_on_kept_connections_too(site: Site) -> None:
    with Background(on(site, slow=0.5, keep_alive=1)) as background:
        site.wait_for("/slow", times=10)  # twice as many as must be cut: the last may close within RACE_S
        site.kill()
    assert sum(count for kind, count in background.report.lost.items() if kind.startswith("/slow") and "Refused" not in kind) >= 5


def test_idle_connections_that_the_site_closed_are_stale_and_not_lost(site: Site) -> None:
    report = on(site, keep_alive=0, idle=3).run(2.5)
    assert (report.requests, report.stale, report.lost) == (103, 3, {})


def test_idle_connections_that_stay_open_are_used_again_at_the_end(site: Site) -> None:
    report = on(site, keep_alive=0, idle=3).run(0.2)
    assert (report.requests, report.stale, report.lost) == (11, 0, {})


def test_idle_connections_are_used_again_during_a_long_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "IDLE_S", 0.5)
    report = on(site, keep_alive=0, idle=2).run(1.2)
    assert (report.requests, report.stale, report.lost) == (48 + 4 + 2, 0, {})


def test_the_command_line_prints_the_report_as_json(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    main([site.url, "--ca", str(site.ca_file), "--host", HOST, "--seconds", "0.5", "--rate", "20", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (report["requests"], report["lost"]) == (10, {})


def test_a_stalled_site_does_not_slow_the_clock(site: Site) -> None:
    site.process.send_signal(signal.SIGSTOP)
    report = on(site, timeout=0.5).run(2)
    assert (report.requests, report.lost, report.seconds) == (80, {"/: TimeoutError": 80}, 2.0)
    assert report.longest_gap_s == pytest.approx(2, abs=0.1)
    assert report.p99_ms is None


def test_a_certificate_of_another_name_is_lost(site: Site) -> None:
    report = Load(site.url, site.ca_file, "production.localhost", rate=10).run(0.5)
    assert sum(count for kind, count in report.lost.items() if ssl.SSLCertVerificationError.__name__ in kind) == report.requests == 5


def test_what_goes_wrong_in_the_background_is_told_before_the_body_runs(site: Site) -> None:
    site.kill()
    with pytest.raises(ConnectionError, match="not all of 2 idle connections"), Background(on(site, idle=2)):
        pytest.fail("the body ran")


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (answer(b"", "502 Bad Gateway"), "HTTP 502"),
        (answer(b"", "404 Not Found"), "HTTP 404"),
        (answer(b'{"length": 0}'), "wrong body"),
        (answer(b"hello"), "wrong body"),
        (answer(b"hello")[:-1], "TimeoutError"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "no Content-Length"),
        (b"", "IncompleteReadError"),
    ],
)
def test_an_answer_that_is_not_what_it_should_be_is_lost(sent: bytes, kind: str) -> None:
    async def reply(_number: int, _path: str) -> bytes:
        return sent

    with replying(reply) as url:
        assert Load(url, rate=20, slow=0, post=1, timeout=0.5).run(0.5).lost == {f"/echo: {kind}": 10}


@pytest.mark.parametrize(("post", "lost"), [(0, {}), (1, {"/echo: IncompleteReadError": 5})])
def test_a_connection_that_closes_as_it_is_used_again_is_stale_unless_the_request_may_not_be_sent_twice(
    monkeypatch: pytest.MonkeyPatch, post: float, lost: dict[str, int]
) -> None:
    monkeypatch.setattr(connection, "RACE_S", LIMIT_S)
    monkeypatch.setattr(traffic, "LONGEST_BODY", 1)

    async def reply(number: int, _path: str) -> bytes:
        return b"" if number else answer(b'{"length": 1}')

    with replying(reply) as url:
        report = Load(url, rate=20, slow=0, post=post, keep_alive=1).run(0.5)
    assert report.requests == 10
    assert report.lost == lost
    assert report.stale == (0 if post else 9)


def test_a_request_that_the_server_had_is_lost_when_a_kept_connection_closes() -> None:
    async def reply(number: int, _path: str) -> bytes:
        if number:
            await asyncio.sleep(20 * connection.RACE_S)
        return b"" if number else answer(b"hello")

    with replying(reply) as url:
        report = Load(url, rate=2, slow=0, post=0, keep_alive=1).run(2)
    assert (report.requests, report.lost, report.stale) == (4, {"/: IncompleteReadError": 2}, 0)
