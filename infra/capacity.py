"""Rules about what fits: memory of the droplet, connections and nodes of the database. Each names the size that would do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra import sizes
from infra.problems import Problem

if TYPE_CHECKING:
    from infra.settings import Settings


RELEASE = 3
"""Connections of the release command, and of the look at migrations before it."""


def memory(settings: Settings) -> Iterator[Problem]:
    """Whether the droplet holds all processes while a release runs."""
    if settings.server_size not in sizes.DROPLETS:
        yield Problem("site:serverSize", f"must be one of {', '.join(sizes.DROPLETS)}", got=settings.server_size)
        return
    needed = memory_needed(settings)
    if needed > sizes.DROPLETS[settings.server_size]:
        fits = next((size for size, memory in sizes.DROPLETS.items() if memory >= needed), None)
        yield Problem(
            "site:serverSize",
            f"has {sizes.DROPLETS[settings.server_size]} MiB, but {needed} MiB are needed while a release runs old and new side by side",
            got=settings.server_size,
            mend=f"pulumi config set site:serverSize {fits}" if fits else "lower `memory` or `replicas` in site:processes",
        )


def memory_needed(settings: Settings) -> int:
    """MiB of memory that a droplet must have: all replicas, one more of what serves, the proxy, the broker, and the system."""
    serving = max((process.memory for process in settings.processes.values() if process.port is not None), default=0)
    running = sum(process.memory * process.replicas for process in settings.processes.values())
    return running + serving + sum(sizes.RESERVED.values()) + sizes.BROKER_MEMORY[settings.broker]


def together(settings: Settings) -> int:
    """How many new tasks of what serves the droplet holds beside the old ones."""
    serving = settings.processes[settings.web].memory
    return 1 + (sizes.DROPLETS[settings.server_size] - memory_needed(settings)) // serving


def database(settings: Settings) -> Iterator[Problem]:
    """Whether the cluster has the nodes and connections that are asked of it."""
    if settings.database_size not in sizes.DATABASES:
        yield Problem("site:databaseSize", f"must be one of {', '.join(sizes.DATABASES)}", got=settings.database_size)
        return
    if settings.database_nodes > 1 and sizes.DATABASES[settings.database_size] < 2:
        yield Problem(
            "site:databaseNodes",
            "a standby node needs a size of 2 GB or more",
            got=settings.database_nodes,
            mend="pulumi config set site:databaseSize db-s-1vcpu-2gb",
        )
    there = sizes.connections(settings.database_size)
    held = sum(process.connections * process.replicas * (2 if process.port is not None else 1) for process in settings.processes.values())
    asked = held + RELEASE
    if asked + settings.database_pool > there:
        gigabytes = math.ceil((asked + settings.database_pool + 3) / 25)
        fits = next((size for size, gib in sizes.DATABASES.items() if gib >= gigabytes), None)
        yield Problem(
            "site:databaseSize",
            f"gives {there} connections, but {asked + settings.database_pool} can be asked for during a release"
            f" (connections x replicas, twice for what serves, {RELEASE} for the release itself, and the pool)",
            got=settings.database_size,
            mend=f"pulumi config set site:databaseSize {fits}" if fits else "lower `connections` in site:processes",
        )
