"""What a database cluster can be ordered as: versions, sizes and numbers of nodes, a small part of DigitalOcean's."""

from rehearsal.cloud.digitalocean.errors import refused

VERSIONS = ["14", "15", "16", "17", "18"]
# memory in GiB, smallest disk in MiB
SIZES = {
    "db-s-1vcpu-1gb": (1, 10240),
    "db-s-1vcpu-2gb": (2, 30720),
    "db-s-2vcpu-4gb": (4, 61440),
    "db-s-4vcpu-8gb": (8, 143360),
    "db-s-6vcpu-16gb": (16, 296960),
}


def check(size: str, nodes: int) -> None:
    """Raises ApiError 422 for a size or a number of nodes that is not offered."""
    if size not in SIZES:
        raise refused(f"size: {size!r} is not offered. Allowed: {', '.join(SIZES)}")
    if nodes not in (1, 2, 3):
        raise refused(f"num_nodes: {nodes} is not offered. Allowed: 1, 2, 3")
    if nodes > 1 and SIZES[size][0] < 2:
        raise refused(f"num_nodes: {size} has no standby nodes; they need 2 GB of memory or more")


def connection_limit(size: str) -> int:
    """How many connections users may open: 25 for each GiB of memory, less 3 for maintenance."""
    return SIZES[size][0] * 25 - 3
