"""Which ways are measured, in which order, what their rows say, and what each needs of this machine."""

import contextlib
import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from bench import releases as bench
from bench.load import Report
from bench.releases import COLUMNS, Run, compare, main
from bench.ways import compose, ports, proxy
from bench.ways.way import MissingError, WayError

IMAGES = ["bench/site:0", "bench/site:1", "bench/site:2"]
REPORT = Report(
    requests=2000,
    lost={"/: HTTP 502": 7},
    stale=0,
    longest_gap_s=2.5,
    p50_ms=5,
    p99_ms=9,
    seconds=25,
    releases={"registry/bench/site:0": 1},
)


class Fake:
    """A way that notes what it is asked, on a clock that only `release` moves."""

    url, ca_file, host = "http://127.0.0.1:18080", None, ""

    def __init__(self, name: str, *, release_s: float = 1, missing: str = "", fails: str = "") -> None:
        self.name, self.asked = name, list[str]()
        self._release_s, self._missing, self._fails = release_s, missing, fails

    def __call__(self, image: str) -> "Fake":
        self.asked.append(f"made with {image}")
        return self

    def __enter__(self) -> "Fake":
        if self._missing:
            raise MissingError(self._missing)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.asked.append("taken away")

    def offer(self, image: str) -> str:
        self.asked.append(f"offered {image}")
        return f"registry/{image}"

    def release(self, image: str) -> None:
        self.asked.append(f"released {image}")
        if self._fails:
            raise WayError(self._fails)
        Clock.now += self._release_s


class Clock:
    """Seconds pass by sleeping, which takes none."""

    now = 0.0

    @classmethod
    def monotonic(cls) -> float:
        return cls.now

    @classmethod
    def sleep(cls, seconds: float) -> None:
        cls.now += seconds


class Traffic:
    """The load that was made, with a report of every release that a test says was seen."""

    load: Any
    seen: tuple[str, ...] = ("registry/bench/site:1", "registry/bench/site:2")
    started: float
    lasted: float

    def __init__(self, load: object) -> None:
        Traffic.load = load

    def __enter__(self) -> "Traffic":
        Traffic.started = Clock.now
        return self

    def __exit__(self, *_: object) -> None:
        Traffic.lasted = Clock.now - self.started
        self.report = Report(**{**vars(REPORT), "releases": {**REPORT.releases, **dict.fromkeys(self.seen, 1)}})


@pytest.fixture(autouse=True)
def _no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "time", Clock)
    monkeypatch.setattr(bench, "Background", Traffic)


def refused(said: str) -> None:
    raise AssertionError(said)


def test_the_rows_are_in_the_order_of_the_ways_and_have_the_columns_of_the_table() -> None:
    rows = compare({"b": Run(Fake("b")), "a": Run(Fake("a"))}, IMAGES, lambda _: None)
    assert [row["way"] for row in rows] == ["b", "a"]
    assert [tuple(row) for row in rows] == [COLUMNS, COLUMNS]
    assert rows[0]["lost"] == 7


def test_a_way_that_this_machine_can_not_show_is_left_out_with_the_reason() -> None:
    told: list[str] = []
    rows = compare({"a": Run(Fake("a", missing="there is no a")), "b": Run(Fake("b"))}, IMAGES, told.append)
    assert [row["way"] for row in rows] == ["b"]
    assert told[0] == "a is left out: there is no a"


def test_images_are_offered_before_the_load_and_released_one_after_the_other() -> None:
    fake = Fake("a")
    bench.measure(Run(fake), IMAGES)
    assert fake.asked == [
        "made with bench/site:0",
        "offered bench/site:1",
        "offered bench/site:2",
        "released registry/bench/site:1",
        "released registry/bench/site:2",
        "taken away",
    ]


def test_seconds_are_those_of_one_release_and_not_of_the_load() -> None:
    assert bench.measure(Run(Fake("a", release_s=4)), IMAGES)["seconds"] == 4


@pytest.mark.parametrize(("release_s", "lasted"), [(1, 25), (10, 42)])
def test_the_load_goes_on_until_there_are_two_thousand_requests(release_s: float, lasted: float) -> None:
    bench.measure(Run(Fake("a", release_s=release_s)), IMAGES)
    assert Traffic.lasted == pytest.approx(lasted), "2 s before, 10 s after each of two releases, 80 requests a second"


def test_idle_connections_are_the_run_s() -> None:
    bench.measure(Run(Fake("a"), idle=500), IMAGES)
    assert Traffic.load.idle == 500


def test_a_release_that_nobody_saw_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Traffic, "seen", ("registry/bench/site:1",))
    with pytest.raises(WayError, match="no home page came from registry/bench/site:2"):
        bench.measure(Run(Fake("a")), IMAGES)


def test_a_way_whose_release_fails_is_taken_away() -> None:
    fake = Fake("a", fails="no such image")
    with pytest.raises(WayError, match="no such image"):
        compare({"a": Run(fake)}, IMAGES, refused)
    assert fake.asked[-1] == "taken away"


@contextlib.contextmanager
def images(count: int) -> Iterator[list[str]]:
    yield IMAGES[:count]


def test_the_command_writes_the_rows_of_the_chosen_ways(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "FILE", tmp_path / "release.json")
    monkeypatch.setattr(bench, "releases", images)
    monkeypatch.setattr(bench, "RUNS", {name: Run(Fake(name)) for name in ("first", "second", "third")})
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["--ways", "third,first", "--releases", "2"]) == 0
    assert [row["way"] for row in json.loads(bench.FILE.read_text())] == ["first", "third"]
    assert set(COLUMNS) <= set(capsys.readouterr().out.replace("┃", " ").split()), "no column is cut"


def test_a_failure_ends_with_1_and_leaves_the_rows_of_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "FILE", tmp_path / "release.json")
    monkeypatch.setattr(bench, "releases", images)
    monkeypatch.setattr(bench, "RUNS", {"a": Run(Fake("a", fails="no such image"))})
    assert main([]) == 1
    assert not bench.FILE.exists()


@pytest.mark.parametrize(
    ("words", "said"), [(["--ways", "compose,ftp"], "there is no way ftp"), (["--releases", "0"], "--releases takes 1 or more, not 0")]
)
def test_wrong_usage_says_what_is_allowed(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def commands(*known: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`subprocess.run` on a machine that has these; `docker` is there without its plugin."""

    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        if words[0] not in ("docker", *known):
            raise FileNotFoundError(words[0])
        return subprocess.CompletedProcess(words, 0 if " ".join(words[:-1]) in known else 1)

    return run


@pytest.mark.parametrize(
    ("known", "found"),
    [(["docker compose", "docker-compose"], ["docker", "compose"]), (["docker-compose"], ["docker-compose"])],
)
def test_the_plugin_is_preferred_to_the_old_command(monkeypatch: pytest.MonkeyPatch, known: list[str], found: list[str]) -> None:
    monkeypatch.setattr("subprocess.run", commands(*known))
    assert compose.command() == found


def test_without_either_compose_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", commands())
    with pytest.raises(MissingError, match="apt-get install docker-compose"):
        compose.command()


@pytest.mark.parametrize(("found", "name"), [("/bin/kamal-proxy", "kamal-proxy"), (None, "Caddy")])
def test_kamal_proxy_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch, found: str | None, name: str) -> None:
    monkeypatch.setattr("shutil.which", lambda _: found)
    assert proxy.choose().name == name


def test_a_port_that_is_taken_or_promised_is_passed_over() -> None:
    first = ports.free_port()
    second = ports.free_port(first)
    with socket.create_server((ports.ADDRESS, second)):
        assert ports.free_port(first) not in (first, second)
