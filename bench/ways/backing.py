"""What stands behind the site in each of the other ways: a network, Postgres with the sample's tables, and a registry."""

import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import docker
from docker.errors import ContainerError
from docker.models.containers import Container

from bench.ways.images import require
from bench.ways.ports import ADDRESS, free_port, wait_for
from bench.ways.sweep import LABEL, sweep
from bench.ways.way import WayError

IMAGE = "rehearsal/cloud"
"""Has Debian's Postgres 17, docker-registry and nginx."""
NETWORK = "bench"
DATABASE, REGISTRY, MIGRATION = "bench-db", "bench-registry", "bench-migrate"
_BIN = "/usr/lib/postgresql/17/bin"
# Whoever is on the network may connect: nothing but the site and its proxy is.
_POSTGRES = f"""set -eu
install -d -o postgres /data /run/postgresql
su postgres -c '{_BIN}/initdb -D /data -U site --auth=trust -E UTF8 >/dev/null'
echo 'host all all samenet trust' >> /data/pg_hba.conf
exec su postgres -c 'exec {_BIN}/postgres -D /data -c listen_addresses=*'
"""
_REGISTRY = """version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: /data}}
http: {addr: ":5000"}
"""
_SETTINGS = """from config.settings import *
# These proxies have no TLS, so none of them can say that a visitor came by it.
SECURE_SSL_REDIRECT = False
"""
Mounts = dict[str, dict[str, str]]


class Backing:
    """All of it is there inside the `with`, and nothing after it; what a killed run left is taken away first.

    Everything is on the network `bench` and carries the label of these measurements; a machine has room for one. Raises MissingError
    without the rehearsal's images.
    """

    folder: Path
    """For files that containers mount."""

    def __enter__(self) -> "Backing":
        self._key, self._registry = secrets.token_urlsafe(50), ""
        with ExitStack() as stack:
            self.engine = docker.from_env(timeout=120)
            stack.callback(self.engine.close)
            require(self.engine, IMAGE)
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            stack.callback(self._sweep)
            self._sweep()
            self.engine.networks.create(NETWORK, driver="bridge", labels={LABEL: ""})
            self._start_registry()
            self._start_postgres()
            (self.folder / "plain.py").write_text(_SETTINGS)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def offer(self, image: str) -> str:
        """Push an image of this machine and give its name in the registry; this machine forgets that name until it is pulled."""
        repository, tag = f"{self._registry}/site", image.rpartition(":")[2]
        self.engine.images.get(image).tag(repository, tag)
        for line in self.engine.images.push(repository, tag, stream=True, decode=True):
            if "error" in line:
                raise WayError(f"pushing {image}: {line['error']}")
        self.engine.images.remove(f"{repository}:{tag}")
        return f"{repository}:{tag}"

    def migrate(self, image: str) -> None:
        """Make the tables that the image needs. Raises WayError."""
        command = ["python3", "manage.py", "migrate", "--noinput"]
        try:
            self.engine.containers.run(image, command, name=MIGRATION, network=NETWORK, **self.site(image))
        except ContainerError as error:
            raise WayError(f"migrating the database with {image}: {str(error)[-400:]}") from error

    def environment(self, image: str) -> dict[str, str]:
        """Of a web container: two processes of eight threads. The site shows the image's name as its release."""
        return {
            "SECRET_KEY": self._key,
            "DATABASE_URL": f"postgres://site@{DATABASE}:5432/postgres?sslmode=disable",
            "DJANGO_SETTINGS_MODULE": "plain",
            "ALLOWED_HOSTS": "*",
            "WEB_CONCURRENCY": "2",
            "WEB_THREADS": "8",
            "RELEASE": image,
        }

    def site(self, image: str) -> dict[str, Any]:
        """docker-py's options of a container of the site, but for its network."""
        mounts = self.mount("plain.py", "/app/plain.py")
        return {"labels": {LABEL: ""}, "environment": self.environment(image), "volumes": mounts}

    def mount(self, file: str, at: str = "") -> Mounts:
        """A file of `folder`, read-only in a container: at /bench/FILE, or where it is said."""
        return {str(self.folder / file): {"bind": at or f"/bench/{file}", "mode": "ro"}}

    def run(self, name: str, image: str, *command: str, mounts: Mounts | None = None, ports: dict[int, int] | None = None) -> Container:
        """Start a container; `ports` are its own, and those of 127.0.0.1 that lead to them."""
        published = {f"{inside}/tcp": (ADDRESS, outside) for inside, outside in (ports or {}).items()}
        return self.engine.containers.run(
            image, list(command), name=name, detach=True, network=NETWORK, labels={LABEL: ""}, volumes=mounts or {}, ports=published
        )

    def address(self, name: str) -> str:
        """A container's on the network, which this machine reaches too."""
        return str(self.engine.containers.get(name).attrs["NetworkSettings"]["Networks"][NETWORK]["IPAddress"])

    def _start_registry(self) -> None:
        port = free_port()
        (self.folder / "registry.yml").write_text(_REGISTRY)
        mounts = self.mount("registry.yml")
        self.run(REGISTRY, IMAGE, "docker-registry", "serve", "/bench/registry.yml", mounts=mounts, ports={5000: port})
        self._registry = f"{ADDRESS}:{port}"
        wait_for(f"http://{self._registry}/v2/")

    def _start_postgres(self) -> None:
        container = self.run(DATABASE, IMAGE, "sh", "-c", _POSTGRES)
        ready = ["timeout", "60", "sh", "-c", f"until {_BIN}/pg_isready -q -h 127.0.0.1; do sleep 0.1; done"]
        if container.exec_run(ready).exit_code:
            raise WayError(f"Postgres did not start: {container.logs(tail=10).decode().strip()[-400:]}")

    def _sweep(self) -> None:
        sweep(self.engine)
        for image in self.engine.images.list(f"{self._registry}/site") if self._registry else []:
            for tag in image.tags:
                if tag.startswith(f"{self._registry}/"):
                    self.engine.images.remove(tag)
