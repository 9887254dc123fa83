"""The store: one file for both APIs, whole at every moment."""

import json
import stat
from pathlib import Path

import pytest

from rehearsal.cloud.store import Store


def test_what_was_kept_is_there_in_the_next_process(tmp_path: Path) -> None:
    with Store(tmp_path / "cloud.json") as store:
        store["tags"]["web"] = {"name": "web"}
    with Store(tmp_path / "cloud.json") as again:
        assert again["tags"] == {"web": {"name": "web"}}


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    with Store(tmp_path / "cloud.json") as store:
        store["tags"]["web"] = {"name": "web"}
    assert stat.S_IMODE((tmp_path / "cloud.json").stat().st_mode) == 0o600


def test_a_change_that_fails_is_taken_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "cloud.json")
    with store:
        store["tags"]["web"] = {"name": "web"}
    with pytest.raises(KeyError, match="missing"), store:
        store["tags"]["web"]["name"] = store["tags"].pop("web")["missing"]
    with store:
        assert store["tags"] == {"web": {"name": "web"}}


def test_a_change_inside_a_change_is_one_change(tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    store = Store(path)
    with store:
        with store:
            store["tags"]["web"] = {"name": "web"}
        assert not path.exists()
    assert json.loads(path.read_text())["collections"]["tags"]


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    with Store(tmp_path / "cloud.json") as store:
        first = store.next_id()
    with Store(tmp_path / "cloud.json") as again:
        assert again.next_id() > first


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    with Store(tmp_path / "cloud.json") as store:
        store["tags"]["web"] = {"name": "web"}
    assert [path.name for path in tmp_path.iterdir()] == ["cloud.json"]
