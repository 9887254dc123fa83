"""Spaces: one container with the stand-in's own service (rehearsal/cloud/spaces) and a volume for the buckets.

Droplets reach it over TLS under its real names. This machine's programs can't resolve these, so they go through `PROXY`.
"""

import json
import os
from pathlib import Path

from rehearsal.cloud import spaces
from rehearsal.cloud.spaces.app import DOMAIN
from rehearsal.cloud.world import SpacesKey
from rehearsal.world import network
from rehearsal.world.certificates import Authority
from rehearsal.world.engine import Engine

IMAGE = "rehearsal/spaces"
CONTAINER = "rehearsal-spaces"
REGIONS = ("ams3", "fra1", "lon1", "nyc3", "sfo3", "sgp1", "syd1", "tor1")
_PORT = 5445
PROXY = f"http://127.0.0.1:{_PORT}"
"""An HTTP proxy that leads to it, and to nothing else."""


class Spaces:
    """The service; who may do what is told to it by a file."""

    def __init__(self, engine: Engine, folder: Path, authority: Authority) -> None:
        self._engine, self._folder, self._authority = engine, folder, authority

    def start(self) -> None:
        """Start it, closed to everybody until a key is made."""
        self._folder.mkdir(parents=True, exist_ok=True)
        names = [name for region in REGIONS for name in (f"{region}.{DOMAIN}", f"*.{region}.{DOMAIN}")]
        self._authority.issue(*names).write(self._folder / "server.crt", self._folder / "server.key")
        source = Path(spaces.__file__).parent
        self._engine.run(
            CONTAINER,
            IMAGE,
            network=network.PUBLIC,
            address=network.SPACES,
            command=["python3", "-m", "rehearsal.cloud.spaces"],
            working_dir="/app",
            init=True,
            volumes={
                self._engine.ensure_volume(CONTAINER): {"bind": "/data", "mode": "rw"},
                str(self._folder): {"bind": "/told", "mode": "ro"},
                str(source): {"bind": "/app/rehearsal/cloud/spaces", "mode": "ro"},
            },
            ports={"3128/tcp": ("127.0.0.1", _PORT)},
            restart_policy={"Name": "unless-stopped"},
        )

    def set_keys(self, keys: list[SpacesKey]) -> None:
        """Let exactly these in."""
        known = {
            key.access: {"secret": key.secret, "grants": [{"bucket": bucket, "permission": word} for bucket, word in key.grants]}
            for key in keys
        }
        draft = self._folder / "keys.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(known, file)
        draft.replace(self._folder / "keys.json")
