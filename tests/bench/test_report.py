"""The report, the targets that are allowed and the command line."""

from dataclasses import replace
from ipaddress import ip_network
from unittest.mock import Mock

import pytest
from docker.errors import DockerException

from bench import load as bench
from bench.load import Load, Report, main

REPORT = Report(
    requests=100, lost={"/: HTTP 502": 2, "/slow: TimeoutError": 1}, stale=4, longest_gap_s=0.2, p50_ms=5, p99_ms=9, seconds=30, releases={}
)


def test_a_row_has_the_columns_of_the_table_and_no_others() -> None:
    assert REPORT.as_row("service") == {
        "way": "service",
        "requests": 100,
        "lost": 3,
        "longest_gap_s": 0.2,
        "p50_ms": 5,
        "p99_ms": 9,
        "seconds": 30,
    }
    assert replace(REPORT, lost={}).as_row("service")["lost"] == 0


@pytest.mark.parametrize(
    ("url", "address", "port"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", 8000),
        ("https://127.0.0.1", "127.0.0.1", 443),
        ("http://[::1]", "::1", 80),
        ("https://staging.localhost/", "127.0.0.1", 443),
        ("https://198.51.100.128", "198.51.100.128", 443),
    ],
)
def test_the_target_is_this_machine(monkeypatch: pytest.MonkeyPatch, url: str, address: str, port: int) -> None:
    monkeypatch.setattr(bench, "_docker_bridges", lambda: [ip_network("198.51.100.0/24")])
    load = Load(url)
    assert (load.address, load.port) == (address, port)


@pytest.mark.parametrize(
    "url",
    [
        "https://203.0.113.7",
        "http://example.com",
        "http://localhost.example.com",
        "http://0.0.0.0",
        "https://staging.localhost@example.com",
    ],
)
def test_any_other_target_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(bench, "_docker_bridges", lambda: [ip_network("198.51.100.0/24")])
    with pytest.raises(ValueError, match="load goes to this machine only"):
        Load(url)


def test_without_a_docker_engine_there_are_no_bridges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker.from_env", Mock(side_effect=DockerException))
    with pytest.raises(ValueError, match="load goes to this machine only"):
        Load("http://203.0.113.7")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["http://example.com"], "load goes to this machine only"),
        (["ftp://127.0.0.1"], "the url must be"),
        (["http://127.0.0.1/admin"], "the url must be"),
        (["http://127.0.0.1", "--rate", "0"], "the rate must be more than 0"),
        (["https://127.0.0.1", "--ca", "nowhere.pem"], "the CA file nowhere.pem is not there"),
    ],
)
def test_the_command_line_says_what_is_wrong(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*words, "--seconds", "1"])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
