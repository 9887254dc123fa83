"""What DigitalOcean's sizes hold, as far as rules about config need it.

Sources: https://slugs.do-api.dev/ (droplets), and the connection limits in
https://docs.digitalocean.com/products/databases/postgresql/details/limits/ (25 for each GiB of memory, 3 of them reserved).
"""

import re

DROPLETS = {
    "s-1vcpu-512mb-10gb": 512,
    "s-1vcpu-1gb": 1024,
    "s-1vcpu-2gb": 2048,
    "s-2vcpu-2gb": 2048,
    "s-2vcpu-4gb": 4096,
    "s-4vcpu-8gb": 8192,
    "s-8vcpu-16gb": 16384,
}
"""Memory in MiB by droplet size, from small to large."""

DATABASES = {
    "db-s-1vcpu-1gb": 1,
    "db-s-1vcpu-2gb": 2,
    "db-s-2vcpu-4gb": 4,
    "db-s-4vcpu-8gb": 8,
    "db-s-6vcpu-16gb": 16,
    "db-s-8vcpu-32gb": 32,
}
"""Memory in GiB by database size."""

RESERVED = {"system and Docker": 400, "proxy": 128}
"""Memory in MiB that every droplet spends before the first process."""
BROKER_MEMORY = {"none": 0, "valkey": 192, "rabbitmq": 384}
"""Memory limit of the broker in MiB."""


def processors(droplet_size: str) -> int:
    """How many a droplet of this size has, by its name (`s-2vcpu-4gb`); 1 where the name does not say."""
    found = re.search(r"-(\d+)vcpu", droplet_size)
    return int(found[1]) if found else 1


def connections(database_size: str) -> int:
    """How many connections a database of this size gives to applications."""
    return 25 * DATABASES[database_size] - 3
