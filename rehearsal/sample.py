"""The image that a rehearsal runs: the sample site, or one of this machine, pushed to the registry that the stack pulls from."""

import json

from rehearsal.apis import PUSHER
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT, Home
from rehearsal.images import Images
from rehearsal.stackfile import APP_PROJECT
from rehearsal.world.engine import Engine, docker_cli
from rehearsal.world.registry import push_address

SAMPLE = "rehearsal/sample"


def build(images: Images) -> str:
    """Build the sample site and give the name of its image."""
    images.build(SAMPLE, CHECKOUT / "sample")
    return SAMPLE


def push(image: str, *, home: Home, engine: Engine, repository: str = f"registry.gitlab.com/{APP_PROJECT}") -> str:
    """Push an image of this machine and give it as the stack names it: repository with digest."""
    if not engine.has_image(image):
        raise WorldError(
            f"there is no image {image} on this machine; `docker images` lists what there is, `docker build -t {image} .` makes one"
        )
    path = repository.partition("/")[2]
    target = f"{push_address('registry')}/{path}"
    docker_cli("tag", image, f"{target}:rehearsal")
    config = home.stack("cloud") / "docker"
    config.mkdir(mode=0o700, exist_ok=True)
    docker_cli(
        f"--config={config}",
        "login",
        f"--username={PUSHER}",
        "--password-stdin",
        push_address("registry"),
        stdin=home.generated("cloud", "push"),
    )
    docker_cli(f"--config={config}", "push", "--quiet", f"{target}:rehearsal")
    digests: list[str] = json.loads(docker_cli("image", "inspect", "--format", "{{json .RepoDigests}}", f"{target}:rehearsal"))
    digest = next(entry.partition("@")[2] for entry in digests if entry.startswith(f"{target}@"))
    return f"{repository}@{digest}"
