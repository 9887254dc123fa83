"""What the tests of whole rehearsals share: the command line, what is left of a rehearsal, and a visitor of a site."""

import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from rehearsal.home import CHECKOUT, Home
from rehearsal.stackfile import domain
from rehearsal.world.engine import LABEL, docker_cli

SITE = "staging.localhost"
UP_LIMIT = 900
"""Seconds for an `up` that may have to build every image first."""


def rehearse(*words: str, limit: float = UP_LIMIT, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end; by the conductor, also where the Pulumi CLI is installed, unless ENGINE says otherwise."""
    command, *more = words
    engine = ["--engine", os.environ.get("ENGINE", "conductor")] if command in ("up", "preview") else []
    return subprocess.run(
        [sys.executable, "-m", "rehearsal", command, *engine, *more],
        cwd=CHECKOUT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=limit,
    )


def steps(*words: str) -> list[dict[str, Any]]:
    """The steps of an `up` that did something, by its JSON."""
    done = rehearse("up", "--json", *words)
    assert done.returncode == 0, done.stderr
    return [step for step in json.loads(done.stdout) if step["op"] != "same"]


def wait_for(what: str, condition: Callable[[], bool], limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit} s for {what}"
        time.sleep(0.2)


def left_over() -> dict[str, list[str]]:
    """Everything on this machine that an `up` would have made."""
    filters = ("--filter", f"label={LABEL}")
    found = {
        "containers": docker_cli("ps", "--all", "--quiet", *filters).split(),
        "volumes": docker_cli("volume", "ls", "--quiet", *filters).split(),
        "networks": docker_cli("network", "ls", "--quiet", *filters).split(),
        "files": [str(path) for path in (Home().root,) if any(path.iterdir())],
        "processes": [],
    }
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        ours = b"rehearsal" in words and b"serve" in words
        if ours or b"rehearsal.conductor.process" in words or (words[0] == b"ssh-agent" and b"rehearsal-" in b" ".join(words)):
            found["processes"].append(process.name)
    Home().root.rmdir() if not found["files"] else None
    return {kind: things for kind, things in found.items() if things}


class Visitor(httpx.Client):
    """Finds the site's name on this machine, as a browser does, and checks its certificate."""

    def __init__(self, stack: str = "staging") -> None:
        super().__init__(verify=ssl.create_default_context(cafile=str(Home().certificate(stack))), timeout=20)
        self.site = domain(stack)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        options["headers"] = {"Host": self.site, **options.get("headers", {})}
        return self.request(method, f"https://127.0.0.1{path}", extensions={"sni_hostname": self.site}, **options)

    def see(self, path: str = "/") -> httpx.Response:
        return self.ask("GET", path)


def submit(visitor: Visitor, path: str, fields: dict[str, str], **files: tuple[str, bytes, str]) -> httpx.Response:
    """Send the form of a page with its token, as a browser does."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', visitor.see(path).text)
    assert token
    data = {"csrfmiddlewaretoken": token[1], **fields}
    return visitor.ask("POST", path, data=data, files=files or None, headers={"Referer": f"https://{SITE}{path}"})
