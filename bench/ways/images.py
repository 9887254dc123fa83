"""Releases to bring out: images of the sample that differ by a label."""

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager

import docker
from docker.errors import ImageNotFound

from bench.ways.sweep import LABEL, sweep_images
from bench.ways.way import MissingError

SAMPLE = "rehearsal/sample"


@contextmanager
def releases(count: int) -> Iterator[list[str]]:
    """So many images, the first of them for a start; gone after the `with`. Raises MissingError where there is no sample."""
    with closing(docker.from_env()) as engine:
        require(engine, SAMPLE)
        names = [f"bench/site:{number}" for number in range(count)]
        try:
            for number, name in enumerate(names):
                # A layer of its own, so that there is something to pull and to keep.
                lines = (f"FROM {SAMPLE}", "RUN head -c 8000000 /dev/urandom > /tmp/release", f"LABEL {LABEL}={number}", "")
                recipe = io.BytesIO("\n".join(lines).encode())
                engine.images.build(fileobj=recipe, tag=name, rm=True)
            yield names
        finally:
            sweep_images(engine)


def require(engine: docker.DockerClient, image: str) -> None:
    """Raises MissingError unless the image is on this machine."""
    try:
        engine.images.get(image)
    except ImageNotFound:
        raise MissingError(f"there is no image {image} on this machine; a rehearsal makes it: make up") from None
