"""The image that a rehearsal runs: the sample site, or one of this machine, pushed to the registry that the stack pulls from."""

import json

from rehearsal.apis import PUSHER
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT, Home
from rehearsal.images import Images
from rehearsal.world.engine import Engine, docker_cli
from rehearsal.world.registry import push_address

SAMPLE = "rehearsal/sample"


def build(images: Images) -> str:
    """Build the sample site and give the name of its image."""
    images.build(SAMPLE, CHECKOUT / "sample")
    return SAMPLE


def check(image: str, engine: Engine, *, needs_python: bool) -> None:
    """Raises WorldError where the image is not on this machine, or lacks what the program runs in it; says what to set."""
    if not engine.has_image(image):
        raise WorldError(f"there is no image {image} on this machine; see `docker images`, or make it: docker build -t {image} .")
    if not _runs(image, "true"):
        raise WorldError(f"{image} has no `sh`, which every process is started with; base it on an image that has one, no distroless one")
    if needs_python and not _runs(image, "command -v python3 || command -v python"):
        raise WorldError(
            f"{image} has no python3 and no python for the health check; set `healthCommand` of the process that serves, in"
            " site:processes, to a command of the image that ends with 0 while the site is healthy"
        )


def push(image: str, *, home: Home, repository: str) -> str:
    """Push an image of this machine and give it as the stack names it: `repository` (registry/path) with digest."""
    target = f"{push_address('registry')}/{repository.partition('/')[2]}"
    docker_cli("tag", image, f"{target}:rehearsal")
    config = f"--config={home.stack('cloud')}/docker"
    login = (f"--username={PUSHER}", "--password-stdin", push_address("registry"))
    docker_cli(config, "login", *login, stdin=home.generated("cloud", "push"))
    docker_cli(config, "push", "--quiet", f"{target}:rehearsal")
    digests: list[str] = json.loads(docker_cli("image", "inspect", "--format", "{{json .RepoDigests}}", f"{target}:rehearsal"))
    digest = next(entry.partition("@")[2] for entry in digests if entry.startswith(f"{target}@"))
    return f"{repository}@{digest}"


def push_another(*, home: Home, repository: str) -> str:
    """Push the sample with one more label, as a release that changes nothing else, and give it as `push` does."""
    name = "rehearsal/another"
    docker_cli("build", "--quiet", "--tag", name, "-", stdin=f"FROM {SAMPLE}\nLABEL release=another\n")
    return push(name, home=home, repository=repository)


def _runs(image: str, script: str) -> bool:
    """Whether a shell in the image ends well with this script."""
    try:
        docker_cli("run", "--rm", "--network=none", "--entrypoint=/bin/sh", image, "-c", script)
    except WorldError:
        return False
    return True
