"""Warnings of docker-bench-security, told apart by whether they have a reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infra.build import Build, container
from tools.docker_bench import main, meant, unmeant


def report(check: str, *items: str, result: str = "WARN") -> dict[str, Any]:
    """As docker-bench-security 1.6.0 writes it."""
    found = {"id": check, "desc": "words", "result": result, **({"items": list(items)} if items else {})}
    return {"dockerbenchsecurity": "1.6.0", "tests": [{"id": "5", "desc": "Container Runtime", "results": [found]}]}


def test_every_reason_is_of_a_check_of_the_container_runtime_and_says_whom_it_is_for() -> None:
    for check, entry in meant().items():
        assert check.startswith("5."), check
        assert entry.keys() == {"services", "reason"}, check
        assert entry["services"] == "all" or entry["services"], check
        assert entry["reason"].endswith("."), check


def test_a_warning_without_a_reason_is_named_with_its_services() -> None:
    assert unmeant(report("5.13", "web.1.abc", "worker.1.def")) == ["5.13 words: web, worker"]
    assert unmeant(report("5.99")) == ["5.99 words: the engine"]


def test_a_reason_is_for_its_services_only() -> None:
    assert unmeant(report("5.8", "proxy.1.abc:443")) == []
    assert unmeant(report("5.8", "proxy.1.abc:443", "web.1.def:80")) == ["5.8 words: web"]


@pytest.mark.parametrize("result", ["PASS", "INFO", "NOTE"])
def test_only_warnings_count(result: str) -> None:
    assert unmeant(report("5.13", "web.1.abc", result=result)) == []


def test_a_place_may_have_reasons_of_its_own() -> None:
    assert unmeant(report("5.2", "web.1.abc"), others={"5.2": "no AppArmor here"}) == []


def test_it_ends_by_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.log.json"
    file.write_text(json.dumps(report("5.13", "web.1.abc")))
    assert (main([str(file)]), capsys.readouterr().out) == (1, "5.13 words: web\n")
    file.write_text(json.dumps(report("5.1")))
    assert (main([str(file)]), capsys.readouterr().out) == (0, "nothing that has no reason\n")


def test_what_needs_no_reason_any_more_has_none(staging: Build) -> None:
    """The declarations say what docker-bench-security will find."""
    services = staging.all("docker.Service")
    ill = {service.name for service in services if "healthcheck" not in container(service)}
    open_ = {service.name for service in services if service.plain["endpointSpec"]["ports"]}
    assert set(meant()["5.27"]["services"]) == ill
    assert set(meant()["5.8"]["services"]) == set(meant()["5.9"]["services"]) == set(meant()["5.14"]["services"]) == open_
    assert not meant().keys() & {"5.2", "5.4", "5.5", "5.10", "5.11", "5.12", "5.13", "5.26", "5.32"}
