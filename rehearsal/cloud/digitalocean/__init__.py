"""A stand-in for the DigitalOcean API: the operations that this project's resources use, one noun a file."""

from starlette.routing import Route

from rehearsal.cloud.digitalocean import (
    account,
    actions,
    catalogue,
    cluster_backups,
    cluster_life,
    clusters,
    database_dbs,
    database_firewalls,
    database_pools,
    database_users,
    domain_records,
    domains,
    droplet_actions,
    droplet_life,
    droplets,
    firewall_rules,
    firewalls,
    http,
    monitoring,
    registries,
    registry_credentials,
    reserved_ips,
    spaces_keys,
    ssh_keys,
    tags,
    trusted_sources,
    uptime,
    vpcs,
)
from rehearsal.cloud.digitalocean.inventory import inventory
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import World

__all__ = ["inventory", "resume", "routes"]

NOUNS = [
    account,
    actions,
    catalogue,
    cluster_backups,
    clusters,
    database_dbs,
    database_firewalls,
    database_pools,
    database_users,
    domain_records,
    domains,
    droplet_actions,
    droplets,
    firewalls,
    monitoring,
    registries,
    registry_credentials,
    reserved_ips,
    spaces_keys,
    ssh_keys,
    tags,
    uptime,
    vpcs,
]


def routes(store: Store, world: World) -> list[Route]:
    """All routes, below `/v2`; the last one answers what the stand-in does not know. Whoever mounts them checks the token."""
    known = [http.route(endpoint, store, world) for noun in NOUNS for endpoint in noun.ENDPOINTS]
    return [*known, registry_credentials.revocation(store, world), http.unknown()]


def resume(store: Store, world: World) -> None:
    """Take up what was under way when the process ended, and tell the world once all that follows from the state."""
    droplet_life.resume(store, world)
    droplet_actions.resume(store, world)
    cluster_life.resume(store, world)
    domain_records.publish(store, world)
    firewall_rules.publish(store, world)
    trusted_sources.publish(store, world)
    spaces_keys.publish(store, world)
