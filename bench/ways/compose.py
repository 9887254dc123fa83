"""`docker compose pull && docker compose up -d` behind nginx, as most write-ups have it.

One service `web` with `stop_grace_period: 30s`: Compose stops the old container, which ends what it has begun, and then starts the new one.
"""

import json
import os
import subprocess

from bench.ways import nginx
from bench.ways.backing import NETWORK
from bench.ways.plain import Plain
from bench.ways.ports import ADDRESS
from bench.ways.sweep import LABEL
from bench.ways.way import MissingError, WayError

PROJECT = "bench-compose"


class Compose(Plain):
    """See `Way`."""

    name = "compose"

    def release(self, image: str) -> None:
        """Only `web` is pulled: nginx is not released."""
        self._compose(image, "pull", "--quiet", "web")
        self._compose(image, "up", "--detach")

    def _check(self) -> None:
        self._command = command()

    def _start(self, image: str, port: int) -> None:
        nginx.configure(self._backing.folder)
        variable = "${IMAGE}"
        file = {
            "services": {
                "web": {
                    "image": variable,
                    "stop_grace_period": "30s",
                    "environment": self._backing.environment(variable),
                    "volumes": [f"{self._backing.folder}/plain.py:/app/plain.py:ro"],
                    "labels": {LABEL: ""},
                },
                "nginx": {
                    "image": nginx.image(),
                    "command": list(nginx.COMMAND),
                    "depends_on": ["web"],
                    "ports": [f"{ADDRESS}:{port}:80"],
                    "volumes": [f"{self._backing.folder}/nginx.conf:/bench/nginx.conf:ro"],
                    "labels": {LABEL: ""},
                },
            },
            "networks": {"default": {"external": True, "name": NETWORK}},
        }
        (self._backing.folder / "compose.yml").write_text(json.dumps(file))
        self._compose(image, "up", "--detach")

    def _compose(self, image: str, *words: str) -> None:
        options = ("--project-name", PROJECT, "--file", str(self._backing.folder / "compose.yml"))
        environment = {**os.environ, "IMAGE": image}
        done = subprocess.run([*self._command, *options, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise WayError(f"{' '.join(self._command)} {words[0]}: {(done.stderr or done.stdout).strip()[-400:]}")


def command() -> list[str]:
    """`docker compose`, else `docker-compose`. Raises MissingError."""
    for words in (["docker", "compose"], ["docker-compose"]):
        try:
            found = subprocess.run([*words, "version"], capture_output=True).returncode == 0
        except FileNotFoundError:
            continue
        if found:
            return words
    raise MissingError("there is neither `docker compose` nor `docker-compose`: apt-get install docker-compose")
