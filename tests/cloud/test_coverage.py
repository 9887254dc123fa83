"""The committed table of what the stand-ins answer says what is so."""

import json
from pathlib import Path

import pytest

from rehearsal.cloud.app import CALLS_FOLDER
from tests.cloud.digitalocean_server import document, serving
from tests.cloud.recording_world import RecordingWorld
from tools import coverage


def test_every_operation_is_a_row_of_the_table_and_no_row_is_another() -> None:
    assert list(coverage.read(coverage.TABLE.read_text())) == coverage.operations()


def test_every_operation_of_digitalocean_was_compared_with_the_published_document() -> None:
    seen = coverage.read(coverage.TABLE.read_text())
    assert [operation for operation, clients in seen.items() if "/v2/" in operation and "openapi-core" not in clients] == []


def test_the_table_is_read_as_it_was_written() -> None:
    first, second, *others = coverage.operations()
    seen = {first: {"pydo"}, second: {"openapi-core", "provider"}, "GET /v2/gone": {"pydo"}}
    assert coverage.read(coverage.table(seen)) == {first: seen[first], second: seen[second]} | {other: set() for other in others}


def test_a_stand_in_leaves_its_calls_where_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CALLS_FOLDER, str(tmp_path / "calls"))
    with serving(tmp_path, RecordingWorld()) as api:
        api.post("/v2/tags", name="web")
        api.refused(404, "GET", "/v2/tags/other")
    assert coverage.recorded(tmp_path / "calls") == {"POST /v2/tags": {"openapi-core" if document() else "other"}}


def test_only_successes_count(tmp_path: Path) -> None:
    call = {"operation": "GET /v2/tags", "client": "pydo", "count": 1}
    (tmp_path / "one.json").write_text(json.dumps({"calls": [call | {"status": "4xx"}], "unlisted": []}))
    assert coverage.recorded(tmp_path) == {}
