"""A Docker engine that only takes notes, on a unix socket, and an `ssh` that reaches it."""

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

LIMIT = 10
# Joins its stdin and stdout to the engine's socket, as `docker system dial-stdio` does, and notes its arguments.
_SSH = """#!{python}
import os, socket, sys, threading
with open({notes!r}, "a") as notes:
    notes.write("\\0".join(sys.argv[1:]) + "\\n")
if os.path.exists({broken!r}):
    sys.exit("ssh: connect to host: No route to host")
engine = socket.socket(socket.AF_UNIX)
engine.connect({path!r})
def to_engine():
    while data := os.read(0, 65536):
        engine.sendall(data)
    engine.shutdown(socket.SHUT_WR)
threading.Thread(target=to_engine, daemon=True).start()
while data := engine.recv(65536):
    os.write(1, data)
"""


class FakeEngine:
    """One service at the most. Each look at it goes one step on in `script`, whose last step stays."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "engine.sock"
        self.notes = folder / "ssh-notes"
        self.unreachable = folder / "unreachable"
        self.spec: dict[str, Any] = {}
        self.credentials = ""
        self.requests: list[str] = []
        self.script: list[dict[str, Any]] = [{}]
        """Steps: `update` (its state), `tasks` (states; `old` marks one of the last spec), `in_use`."""

    @property
    def step(self) -> dict[str, Any]:
        return self.script[0]

    def tasks(self) -> list[dict[str, Any]]:
        template = self.spec["TaskTemplate"]
        return [
            {
                "ID": f"task-{number}",
                "Spec": {"ContainerSpec": {"Image": "old"}} if state == "old" else template,
                "DesiredState": "shutdown" if state == "failed" else "running",
                "Status": {"State": "running" if state == "old" else state, "Timestamp": str(number), "Err": "exit code 3"},
            }
            for number, state in enumerate(self.step.get("tasks", []))
        ]

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.requests.append(f"{request.method} {path}")
        match request.method, path.split("/")[1:]:
            case "POST", ["services", *_]:
                self.spec = await request.json()
                self.credentials = request.headers["X-Registry-Auth"]
                return JSONResponse({"ID": "web-id"})
            case "GET", ["services", _]:
                if len(self.script) > 1:
                    self.script.pop(0)
                status = {"UpdateStatus": {"State": self.step["update"], "Message": "as told"}} if "update" in self.step else {}
                return JSONResponse({"Version": {"Index": 7}, "Spec": {**self.spec, "TaskTemplate": self._template()}, **status})
            case "GET", ["tasks"]:
                assert json.loads(request.query_params["filters"]) == {"service": ["web"]}
                return JSONResponse(self.tasks())
            case "DELETE", _ if self.step.get("in_use"):
                self.script = self.script[1:] or self.script
                return JSONResponse({"message": "is in use"}, 409)
            case _:
                return Response(status_code=200)

    def _template(self) -> dict[str, Any]:
        return {**self.spec["TaskTemplate"], "Runtime": "container"}


@contextmanager
def engine_standing_in(folder: Path) -> Iterator[FakeEngine]:
    """Serve until the block is left; `folder/bin/ssh` reaches it."""
    engine = FakeEngine(folder)
    binary = folder / "bin" / "ssh"
    binary.parent.mkdir()
    binary.write_text(_SSH.format(python=sys.executable, notes=str(engine.notes), path=str(engine.path), broken=str(engine.unreachable)))
    binary.chmod(0o755)
    app = Starlette(routes=[Route("/{path:path}", engine.answer, methods=["GET", "POST", "DELETE"])])
    server = uvicorn.Server(uvicorn.Config(app, uds=str(engine.path), ws="none", lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    _wait(engine.path)
    try:
        yield engine
    finally:
        server.should_exit = True
        thread.join()


def _wait(path: Path) -> None:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as probe:
            if path.exists() and probe.connect_ex(str(path)) == 0:
                return
    raise AssertionError("the engine did not start")
