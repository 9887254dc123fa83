"""A stack and a cloud of its own for each test."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ci import release as module
from ci.front_door import FrontDoor
from ci.migrations import Migrations
from tests.ci.running import Running
from tests.ci.stage import Stage
from tests.cloud.digitalocean_server import TOKEN as DIGITALOCEAN_TOKEN
from tests.cloud.gitlab_server import TOKEN as GITLAB_TOKEN
from tests.cloud.gitlab_server import serving


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    """An empty stack, and an empty cloud with the right tokens; nothing here waits."""
    programs = tmp_path / "programs"
    programs.mkdir()
    with serving(tmp_path) as site:
        monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
        monkeypatch.setenv("DIGITALOCEAN_API_URL", site.url)
        monkeypatch.setenv("GITLAB_BASE_URL", f"{site.url}/api/v4/")
        monkeypatch.setenv("SSL_CERT_FILE", site.certificate)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", DIGITALOCEAN_TOKEN)
        monkeypatch.setenv("GITLAB_TOKEN", GITLAB_TOKEN)
        monkeypatch.chdir(tmp_path)
        yield Stage.begin(programs, site, capsys)
        gc.collect()  # the clients are in cycles, and a connection that one holds would keep the server from ending


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Running]:
    """Makes one."""

    def make(**how: Any) -> Running:
        made = Running(**how)

        def watch(_self: object, _digest: str, **_more: object) -> None:
            made.done.append("look")
            if made.door:
                raise made.door

        def ask(_self: object) -> bytes:
            if made.door_before:
                raise made.door_before
            return b"ok"

        monkeypatch.setattr(FrontDoor, "watch", watch)
        monkeypatch.setattr(FrontDoor, "ask", ask)
        monkeypatch.setattr(module, "read", lambda _host, image, **_more: made.migrations.get(image, Migrations()))
        monkeypatch.setattr(module, "advice", lambda _door: "point DNS there")
        return made

    return make
