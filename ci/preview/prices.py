"""What a stack costs a month, as far as DigitalOcean's list prices are known here.

Droplets: https://www.digitalocean.com/pricing/droplets, Basic plans with regular CPUs, as they have been since 1 July 2022
(https://gist.github.com/colinwilson/cd31bde012f6727b24b2fc4ebee749c0 has old and new ones side by side). Of databases and the registry no
list was found that could be quoted; they are named as unknown rather than guessed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DROPLETS = {
    "s-1vcpu-512mb-10gb": 4,
    "s-1vcpu-1gb": 6,
    "s-1vcpu-2gb": 12,
    "s-2vcpu-2gb": 18,
    "s-2vcpu-4gb": 24,
    "s-4vcpu-8gb": 48,
    "s-8vcpu-16gb": 96,
}
"""US dollars a month by size."""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`dollars` a month of what has a known price; `unknown` is what has none, in words."""

    dollars: int
    unknown: tuple[str, ...]


def bill(resources: Iterable[tuple[str, dict[str, Any]]]) -> Bill:
    """Of resources, each by its type and inputs."""
    dollars, unknown = 0, []
    for type, inputs in resources:
        size = str(inputs.get("size", ""))
        match type.rpartition(":")[2] if type.startswith("digitalocean:") else "":
            case "Droplet" if size in DROPLETS:
                dollars += DROPLETS[size]
            case "Droplet":
                unknown.append(f"a droplet of size {size}")
            case "DatabaseCluster":
                nodes = int(inputs.get("nodeCount", 1))
                unknown.append(f"{nodes} database node{'s' if nodes > 1 else ''} of size {size}")
            case "ContainerRegistry":
                unknown.append(f"a registry, {inputs.get('subscriptionTierSlug', '')}")
    return Bill(dollars=dollars, unknown=tuple(sorted(unknown)))
