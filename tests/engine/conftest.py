"""The stand-in cloud with droplets that boot, and the Pulumi CLI in front of it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from infra.broker import IMAGES as BROKERS
from rehearsal import machine, sample
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.down import down
from rehearsal.home import CHECKOUT, Home
from rehearsal.images import Images
from rehearsal.stack import Stack
from rehearsal.stackfile import compose
from rehearsal.workspace import Workspace
from rehearsal.world.engine import Engine
from tests.engine.cli import Driven

START = "from rehearsal.apis import Apis; from rehearsal.home import Home; Apis(Home()).start()"
STACK, REGISTRY = "staging", "rehearsal"
# DigitalOcean's registry, so that its resources are made too; GitLab's deploy token is the one thing that is then not.
OVERLAY = {
    "site:registry": "digitalocean",
    "site:registryName": REGISTRY,
    "site:ownsRegistry": True,
    "site:alertEmail": "ops@example.com",
}


def missing(home: Home) -> str:
    """Why the real engine can't be used here, or an empty text."""
    if not shutil.which("pulumi"):
        return "pulumi is not on PATH"
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, timeout=30).returncode:
        return "Docker can't be used here"
    if Apis(home).url:
        return "a rehearsal is running, and a machine has room for one: make down"
    return ""


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """The stand-in cloud, with nothing in it; everything is taken away at the end, whatever has failed."""
    home, console = Home(), Console(quiet=True)
    if reason := missing(home):
        pytest.skip(reason)
    images = Images(Engine(str(home.root.parent)), tell=lambda _: None, install=lambda packages: machine.install(packages, console))
    images.own()
    try:
        Agent(home).start()
        # By a process that ends at once: the APIs outlive it, which Python would warn of here.
        subprocess.run([sys.executable, "-c", START], cwd=CHECKOUT, check=True, timeout=120)
        images.others(["caddy:2", "postgres:17", BROKERS["valkey"]])
        sample.build(images)
        yield home
        if apis := Apis(home).url and Apis(home):
            unlisted = apis.ask("GET", "calls").json()["unlisted"]
            assert unlisted == [], "the stand-ins were asked for what they do not play"
    finally:
        down(home.stacks(), home=home, console=console)


@pytest.fixture(scope="module")
def stack(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Driven:
    """A stack that is configured, with nothing made yet."""
    return driven(home, tmp_path_factory.mktemp("config"), OVERLAY)


def driven(home: Home, folder: Path, values: dict[str, object]) -> Driven:
    """The staging stack with these values over its own."""
    overlay = folder / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"config": values}))
    repository = (
        f"registry.digitalocean.com/{REGISTRY}/site"
        if values.get("site:registry") == "digitalocean"
        else "registry.gitlab.com/rehearsal/site"
    )
    image = sample.push(sample.SAMPLE, home=home, repository=repository)
    config = compose(STACK, home=home, image=image, operator_key=Agent(home).public_key, overlay=overlay)
    Stack(STACK, home).begin("pulumi")
    return Driven(Workspace(STACK, home), config)
