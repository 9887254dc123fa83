"""The health check as it runs in a container, against a server that answers as it is told."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from infra.process import Process
from infra.site import healthcheck

MARK = "/dev/shm/serves"  # noqa: S108 - the place in the container


class Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answering) as found:
        threading.Thread(target=found.serve_forever).start()
        yield found
        found.shutdown()


def healthy(port: int, status: int, mark: Path) -> bool:
    """Whether the check is content with the status; `mark` is what it leaves where the task has begun to serve."""
    Answering.status = status
    process = Process.model_validate({"command": "gunicorn config.wsgi", "port": port, "health": "/healthz"})
    tests = healthcheck("nobody.invalid", process, "www.example.com").tests
    assert isinstance(tests, list)
    script = str(tests[1]).replace(MARK, str(mark)).replace('"$(command -v python3 || command -v python)"', sys.executable)
    return subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=30).returncode == 0


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_task_that_answers_badly_does_not_begin_to_serve(server: HTTPServer, tmp_path: Path, status: int) -> None:
    assert not healthy(server.server_port, status, tmp_path / "serves")
    assert not (tmp_path / "serves").exists()


def test_a_task_that_serves_is_left_alone_while_what_it_needs_is_away(server: HTTPServer, tmp_path: Path) -> None:
    assert healthy(server.server_port, 200, tmp_path / "serves")
    assert (tmp_path / "serves").exists()
    assert healthy(server.server_port, 503, tmp_path / "serves")


def test_a_task_that_does_not_answer_any_more_is_not_healthy(server: HTTPServer, tmp_path: Path) -> None:
    (tmp_path / "serves").touch()
    port = server.server_port
    server.server_close()
    assert not healthy(port, 200, tmp_path / "serves")
