"""The stand-in cloud with droplets that boot, and the Pulumi CLI in front of it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml
from rich.console import Console

from infra.broker import IMAGES as BROKERS
from rehearsal import machine, sample
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.down import down
from rehearsal.home import CHECKOUT, Home
from rehearsal.images import CERTIFICATES, Images
from rehearsal.stackfile import compose
from rehearsal.world.engine import Engine
from tests.engine.cli import Cli

START = "from rehearsal.apis import Apis; from rehearsal.home import Home; Apis(Home()).start()"
STACK, REGISTRY = "staging", "rehearsal"
# GitLab's resources are left out: the stand-in plays its API, but few machines have its plugin.
OVERLAY = {
    "site:appProject": "",
    "site:infraProject": "",
    "site:registry": "digitalocean",
    "site:registryName": REGISTRY,
    "site:ownsRegistry": True,
    "site:alertEmail": "ops@example.com",
}


def _missing(home: Home) -> str:
    """Why the real engine can't be used here, or an empty text."""
    if not shutil.which("pulumi"):
        return "pulumi is not on PATH"
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, timeout=30).returncode:
        return "Docker can't be used here"
    if Apis(home).url:
        return "a rehearsal is running, and a machine has room for one: make down"
    return ""


@pytest.fixture(scope="module")
def apis() -> Iterator[Apis]:
    """The stand-in cloud, with nothing in it; everything is taken away at the end, whatever has failed."""
    home, console = Home(), Console(quiet=True)
    if reason := _missing(home):
        pytest.skip(reason)
    images = Images(Engine(str(home.root.parent)), tell=lambda _: None, install=lambda packages: machine.install(packages, console))
    images.own()
    try:
        Agent(home).start()
        # By a process that ends at once: the APIs outlive it, which Python would warn of here.
        subprocess.run([sys.executable, "-c", START], cwd=CHECKOUT, check=True, timeout=120)
        images.others(["caddy:2", "postgres:17", BROKERS["valkey"]])
        sample.build(images)
        yield Apis(home)
    finally:
        down(home.stacks(), home=home, console=console)


@pytest.fixture(scope="module")
def cli(apis: Apis, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The CLI of a stack that is configured, with nothing made yet."""
    home, folder = Home(), tmp_path_factory.mktemp("engine")
    overlay, bundle = folder / "overlay.yaml", folder / "authorities.crt"
    overlay.write_text(yaml.safe_dump({"config": OVERLAY}))
    bundle.write_text(CERTIFICATES.read_text() + apis.ca.read_text())
    image = sample.push(sample.SAMPLE, home=home, repository=f"registry.digitalocean.com/{REGISTRY}/site")
    config = compose(STACK, home=home, image=image, operator_key=Agent(home).public_key, overlay=overlay)
    environment = {"DIGITALOCEAN_API_URL": str(apis.url), "SSL_CERT_FILE": str(bundle), "SSH_AUTH_SOCK": str(Agent(home).socket)}
    return Cli(folder, STACK, config, environment)
