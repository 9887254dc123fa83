"""What clients have made here and not taken away again."""

from typing import NamedTuple

from rehearsal.cloud.store import Object, Store


class Kind(NamedTuple):
    """How one collection is listed: its name in the inventory and the words that name one object."""

    collection: str
    kind: str
    name: str = "{name}"


KINDS = [
    Kind("vpcs", "digitalocean:vpc"),
    Kind("ssh_keys", "digitalocean:ssh_key"),
    Kind("tags", "digitalocean:tag"),
    Kind("droplets", "digitalocean:droplet"),
    Kind("reserved_ips", "digitalocean:reserved_ip", "{ip}"),
    Kind("firewalls", "digitalocean:firewall"),
    Kind("domains", "digitalocean:domain"),
    Kind("domain_records", "digitalocean:domain_record", "{type} {name} in {domain}"),
    Kind("databases", "digitalocean:database_cluster"),
    Kind("database_users", "digitalocean:database_user"),
    Kind("database_dbs", "digitalocean:database"),
    Kind("database_pools", "digitalocean:connection_pool"),
    Kind("registries", "digitalocean:registry"),
    Kind("registry_users", "digitalocean:registry_credential", "{access}"),
    Kind("spaces_keys", "digitalocean:spaces_key"),
    Kind("uptime_checks", "digitalocean:uptime_check"),
    Kind("uptime_alerts", "digitalocean:uptime_alert"),
    Kind("alert_policies", "digitalocean:monitor_alert", "{description}"),
]


def inventory(store: Store) -> list[Object]:
    """All objects that a client made, each as `{kind, id, name}`, with `tags` and `created_at` where it has them.

    A cluster's first user and database come with it and are not listed. A registry credential is named by what it may do,
    because its own name is its password.
    """
    with store:
        return [
            _entry(kind, key, thing)
            for kind in KINDS
            for key, thing in store[kind.collection].items()
            if not thing.get("initial") and not key.startswith("gitlab")
        ]


def _entry(kind: Kind, key: str, thing: Object) -> Object:
    access = "read and write" if thing.get("write") else "read"
    entry = {"kind": kind.kind, "id": key, "name": kind.name.format_map({"access": access, **thing})}
    return entry | {field: thing[field] for field in ("tags", "created_at") if field in thing}
