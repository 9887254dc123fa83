"""A process of the site, as in a Procfile: what the image runs under a name."""

import shlex
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


def _words(value: object) -> object:
    return shlex.split(value) if isinstance(value, str) else value


class Process(BaseModel):
    """One entry of `processes`. The one with a `port` serves the site; `{name: path}` volumes are the only places it may keep files."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    command: Annotated[tuple[str, ...], BeforeValidator(_words), Field(min_length=1)]
    """Words, or one string that is split like a shell would. The image's own entrypoint is not run: name it here if it matters."""
    replicas: Annotated[int, Field(ge=1, le=50)] = 1
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where it listens for HTTP; exactly one process has one."""
    health: Annotated[str, Field(pattern=r"^/[^\s?#]*$")] | None = None
    """Path that answers below 400 when the process can serve."""
    health_command: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    """Run in the container in place of the request to `health`, where the image has no Python; exit code 0 is healthy."""
    singleton: bool = False
    """Never runs twice: the old one is stopped before the new one starts."""
    stop_grace: Annotated[int, Field(ge=1, le=3600)] = 30
    """Seconds from SIGTERM to SIGKILL: what is in flight has this long to end."""
    memory: Annotated[int, Field(ge=32)] = 256
    """Limit of one replica, in MiB."""
    cpus: Annotated[float, Field(ge=0.01)] = 1
    """Limit of one replica, in processors: more helps only a process that keeps more than one at work."""
    connections: Annotated[int, Field(ge=0)] = 4
    """How many database connections one replica holds at the most: its workers times what each may open."""
    volumes: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")], Annotated[str, Field(pattern=r"^/.")]] = {}
    """Volume name -> path in the container. Processes that name the same volume share it."""
    user: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """Number of the user and group that it runs as. Without one: who the image says, and 10001 where that is nobody or root."""
    read_only: bool = True
    """Whether the image's files can't be changed: what is written goes to volumes, /tmp and /dev/shm."""
    tmpfs: tuple[Annotated[str, Field(pattern=r"^/.")], ...] = ()
    """More folders in memory, as /tmp is. Each holds half of `memory` at the most, of which it is a part; one that the image has keeps
    its mode, so that 1777 must stand there."""
    cap_add: tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z_]+$")], ...] = ()
    """Linux capabilities that it keeps, like SETUID; all others are dropped."""
