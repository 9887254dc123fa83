"""The storage of the rehearsal's registry: its tags are folders, and only they are touched."""

import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from rehearsal.cloud.world import WorldError
from rehearsal.world import registry
from rehearsal.world.engine import Engine
from rehearsal.world.registry import Registries


@pytest.fixture
def registries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registries:
    """With `group/site` (tags a, b) and `group/site/web` (tag a), in a folder of this machine."""
    monkeypatch.setattr(registry, "_STORED", str(tmp_path / "repositories"))
    for image in ("group/site:a", "group/site:b", "group/site/web:a"):
        path, _, tag = image.partition(":")
        (tmp_path / "repositories" / path / "_manifests/tags" / tag / "current").mkdir(parents=True)
        (tmp_path / "repositories" / path / "_layers/sha256").mkdir(parents=True, exist_ok=True)

    class Here:
        def execute(self, name: str, command: list[str]) -> str:
            assert name == "rehearsal-registry"
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    unused: Any = None
    return Registries(cast(Engine, Here()), tmp_path, unused)


def test_repositories_and_tags_are_those_of_the_storage(registries: Registries) -> None:
    assert registries.repositories() == ["group/site", "group/site/web"]
    assert registries.tags("group/site") == ["a", "b"]
    assert registries.tags("group") == registries.tags("other/site") == []


def test_one_tag_is_removed_and_once_more_is_fine(registries: Registries, tmp_path: Path) -> None:
    for _ in range(2):
        registries.remove_tag("group/site", "b")
    assert registries.tags("group/site") == registries.tags("group/site/web") == ["a"]
    registries.remove_tag("group/site", "a")
    assert registries.tags("group/site") == []
    assert registries.repositories() == ["group/site", "group/site/web"]
    assert (tmp_path / "repositories/group/site/_layers/sha256").is_dir()


def test_nothing_was_pushed_to_an_empty_storage(registries: Registries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "_STORED", str(tmp_path / "nothing"))
    assert (registries.repositories(), registries.tags("group/site")) == ([], [])


@pytest.mark.parametrize("tag", ["..", ".", "", "a/../b", "*", "a b", "-rf", "a\n", "ä"])
def test_what_is_no_tag_is_refused(registries: Registries, tag: str) -> None:
    with pytest.raises(WorldError, match="is no name of an image"):
        registries.remove_tag("group/site", tag)
    assert registries.tags("group/site") == ["a", "b"]


@pytest.mark.parametrize(
    "repository", ["..", "group/../group/site", "/group/site", "", "group//site", "group/site/_manifests", "Group/site"]
)
def test_what_is_no_repository_is_refused_and_has_no_tags(registries: Registries, repository: str) -> None:
    assert registries.tags(repository) == []
    with pytest.raises(WorldError, match="is no name of an image"):
        registries.remove_tag(repository, "a")
    assert registries.tags("group/site") == ["a", "b"]
