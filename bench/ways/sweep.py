"""What these measurements make on this machine's Docker carries one label, so that it can be taken away, whoever left it."""

from contextlib import suppress
from http import HTTPStatus

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

LABEL = "django-site.bench"
"""Of every container, network and image."""


def sweep(engine: docker.DockerClient) -> None:
    """Take all containers and networks away; the images stay for the next way."""
    filters: dict[str, str | list[str] | bool] = {"label": LABEL}
    for container in engine.containers.list(all=True, filters=filters):
        with suppress(NotFound):
            _remove(container)
    for network in engine.networks.list(filters=filters):
        network.remove()


def _remove(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except APIError as error:
        if error.status_code != HTTPStatus.CONFLICT:
            raise
        # A removal that Ctrl-C interrupted goes on without whoever asked for it.
        container.wait(condition="removed")


def sweep_images(engine: docker.DockerClient) -> None:
    """Take the images away, under all their names, and first what may use them."""
    sweep(engine)
    for image in engine.images.list(filters={"label": LABEL}):
        engine.images.remove(str(image.id), force=True)
