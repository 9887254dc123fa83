"""Images: what the rehearsal is made of, built once and kept. The base comes from the public registry, else from debootstrap."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from rehearsal.cloud.world import WorldError
from rehearsal.world.engine import Engine, docker_cli
from rehearsal.world.registry import push_address

FOLDER = Path(__file__).parent / "images"
BASE = "rehearsal/base"
PUBLIC_BASE = "debian:trixie-slim"
OWN = ("droplet", "cloud", "spaces")
STAND_INS = {"caddy": "caddy", "valkey/valkey": "valkey", "rabbitmq": "rabbitmq", "postgres": "postgres"}
"""Public images by name, and what stands in for each where it can't be pulled."""
SOURCE = "django-site.source"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

Tell = Callable[[str], None]
Install = Callable[[list[str]], None]


class Images:
    """Builds what is missing, and nothing twice: an image is kept as long as what it is made of stays the same."""

    def __init__(self, engine: Engine, tell: Tell, install: Install) -> None:
        """`tell` hears what is done; `install` brings Debian packages to this machine."""
        self._engine, self._tell, self._install = engine, tell, install

    def own(self) -> None:
        """What the cloud itself is made of."""
        self._base()
        for name in OWN:
            self._build(f"rehearsal/{name}", FOLDER / name)

    def others(self, names: list[str]) -> None:
        """Put the images of others where droplets find them under their public names."""
        for name in names:
            repository, _, tag = name.removeprefix("docker.io/").removeprefix("library/").partition(":")
            target = f"{push_address('hub')}/{repository if '/' in repository else f'library/{repository}'}:{tag or 'latest'}"
            if self._engine.has_image(target):
                docker_cli("push", "--quiet", target)
                continue
            source = name
            if not self._pulled(name):
                if repository not in STAND_INS:
                    raise WorldError(f"{name} can't be pulled here, and nothing stands in for it; there is {', '.join(STAND_INS)}")
                source = f"rehearsal/{STAND_INS[repository]}"
                self._base()
                self._build(source, FOLDER / STAND_INS[repository])
            docker_cli("tag", source, target)
            docker_cli("push", "--quiet", target)

    def build(self, name: str, folder: Path) -> None:
        """Build an image of the user's on the rehearsal's base."""
        self._base()
        self._build(name, folder)

    def _base(self) -> None:
        if self._engine.has_image(BASE):
            return
        source = PUBLIC_BASE
        if not self._pulled(PUBLIC_BASE):
            source = f"{BASE}:bare"
            self._debootstrap(source)
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(FOLDER / "base" / "Dockerfile", folder)
            shutil.copy(CERTIFICATES, folder)
            self._build(BASE, Path(folder), base=source)

    def _pulled(self, name: str) -> bool:
        if self._engine.has_image(name):
            return True
        self._tell(f"pull {name}")
        try:
            done = subprocess.run(["docker", "pull", "--quiet", name], capture_output=True, timeout=300)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def _debootstrap(self, name: str) -> None:
        """Make the base from Debian's packages; the keyring that Debian's own debootstrap trusts checks them."""
        self._tell(f"debootstrap {PUBLIC_BASE.partition(':')[2]}: the public registry can't be reached")
        if not shutil.which("debootstrap"):
            self._install(["debootstrap"])
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["debootstrap", "--variant=minbase", "trixie", folder], capture_output=True, text=True)
            if done.returncode:
                raise WorldError(f"debootstrap failed: {done.stdout.strip()[-400:]}")
            with subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE) as tar:
                subprocess.run(["docker", "import", "-", name], stdin=tar.stdout, check=True, capture_output=True)

    def _build(self, name: str, folder: Path, *, base: str = BASE) -> None:
        """Build unless an image of that name was made of the same. `--network host`: behind a proxy only the host reaches packages."""
        source = _fingerprint(folder, self._engine.image_id(base))
        if self._engine.has_image(name) and self._engine.image_label(name, SOURCE) == source:
            return
        self._tell(f"build {name}")
        options = ["--network=host", f"--build-arg=BASE={base}", f"--label={SOURCE}={source}", f"--tag={name}"]
        environment = {**os.environ, "DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
        done = subprocess.run([_builder(), "build", *options, str(folder)], capture_output=True, text=True, env=environment)
        if done.returncode:
            raise WorldError(f"building {name} failed:\n{(done.stdout + done.stderr).strip()[-1500:]}")


def _fingerprint(folder: Path, base: str) -> str:
    """Of all files below the folder and of the base, so that what is unchanged is not built again."""
    digest = hashlib.sha256(base.encode())
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@cache
def _builder() -> str:
    """A Docker client that has BuildKit: since version 23 it is a component of its own (buildx), before it was built in."""
    for folder in os.get_exec_path():
        client = Path(folder) / "docker"
        if not os.access(client, os.X_OK):
            continue
        if subprocess.run([str(client), "buildx", "version"], capture_output=True).returncode == 0:
            return str(client)
        version = subprocess.run([str(client), "--version"], capture_output=True, text=True).stdout
        if int(version.partition("version ")[2].partition(".")[0] or 99) < 23:
            return str(client)
    raise WorldError("the Docker client has no BuildKit; install it: apt-get install docker-buildx")
