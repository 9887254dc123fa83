"""The public network that all droplets share, and who has which address on it.

198.51.100.0/24 is kept for documentation (RFC 5737): to the program it looks as public as any address.
"""

SUBNET = "198.51.100.0/24"
GATEWAY = "198.51.100.1"
NAMES = "198.51.100.2"
"""The cloud's name server."""
REGISTRY = "198.51.100.3"
"""registry.gitlab.com and registry.digitalocean.com."""
HUB = "198.51.100.4"
"""registry-1.docker.io: the images of others."""
SPACES = "198.51.100.5"
"""fra1.digitaloceanspaces.com and its like."""
DROPLETS = [f"198.51.100.{host}" for host in range(10, 128)]
RESERVED = [f"198.51.100.{host}" for host in range(128, 255)]

PUBLIC = "rehearsal-public"


def private(vpc: str) -> str:
    """The Docker network that plays a VPC. Sorted after `PUBLIC`, because Docker numbers a container's interfaces by that order."""
    return f"rehearsal-vpc-{vpc[:8]}"
