"""Generations: the credentials that this program makes by itself, each with a number. Raising it is how one is rotated."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Number = Annotated[int, Field(ge=1, le=9999)]


class Generations(BaseModel):
    """The number of each. The credential of a new number is made first, what uses it rolls onto it, and the old one goes last.

    One at a time, and by one: a host is told its new key by who knows the one before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)

    database: Number = 1
    """The site's login user of the database."""
    broker: Number = 1
    """The site's user of the broker."""
    registry: Number = 1
    """What pulls images, and what pushes them where that is ours to give."""
    ci_key: Number = 1
    """The ssh key of the pipeline."""
    deploy_key: Number = 1
    """The pipeline's read-only key of the app's project."""
    host_key: Number = 1
    """Who the droplet is to those who connect to it."""


def numbered(name: str, generation: int) -> str:
    """The name of a generation: the first has the bare one, as all had before there were generations."""
    return name if generation == 1 else f"{name}-{generation}"
