"""What is known of each change at DigitalOcean. The first rule that names a property decides about it.

Which property is changed in place and which replaces: terraform-provider-digitalocean, digitalocean/*/resource_*.go (`ForceNew`).
"""

from typing import Any

from ci.preview.change import Change
from ci.preview.effects import Effect, Rule

_NOTHING, _ROLLED, _DOWNTIME, _DATA = Effect.NOTHING, Effect.ROLLED, Effect.DOWNTIME, Effect.DATA


def _only_ssh(change: Change) -> bool:
    """Whether a firewall keeps every rule that it had, but for ssh."""
    kept, before = _rules(change.new), _rules(change.old)
    return all(rule in kept for rule in before if rule.get("portRange") != "22")


def _rules(inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """In both directions, with addresses in one order."""
    found = [{"direction": direction, **rule} for direction in ("inboundRules", "outboundRules") for rule in inputs.get(direction) or []]
    return [
        {name: sorted(value) if isinstance(value, list) else value for name, value in rule.items() if not name.startswith("__")}
        for rule in found
    ]


DROPLET = (
    Rule(
        type="digitalocean:Droplet",
        ops="update",
        properties="size resizeDisk",
        effect=_DOWNTIME,
        # https://docs.digitalocean.com/products/droplets/how-to/resize/
        sentence="the droplet is switched off, resized and started: 32 s in the rehearsal; DigitalOcean says to reckon with a minute for"
        " each GB of disk in use. A larger disk can't be made smaller again",
    ),
    Rule(
        type="digitalocean:Droplet",
        ops="update",
        properties="name monitoring gracefulShutdown dropletAgent backups backupPolicy* volumeIds*",
        effect=_NOTHING,
        sentence="changed while the droplet runs",
    ),
    Rule(
        type="digitalocean:Droplet",
        ops="update",
        properties="tags*",
        effect=_DOWNTIME,
        sentence="firewalls and the database know the droplet by its tag: what it may reach, and who reaches it, may change",
    ),
    Rule(type="digitalocean:Droplet", ops="create", effect=_NOTHING, sentence="a new droplet is made ready"),
    Rule(
        type="digitalocean:Droplet",
        ops="replace",
        effect=_DATA,
        sentence="a new droplet takes the place of this one: volumes and certificates are copied from it before it goes; if it does not"
        " answer, the files in its volumes are lost with it",
    ),
    Rule(type="digitalocean:Droplet", ops="delete", effect=_DATA, sentence="the droplet goes, with every volume on it and the site"),
)

DATABASE = (
    Rule(
        type="digitalocean:DatabaseCluster",
        ops="update",
        properties="version",
        effect=_DOWNTIME,
        sentence="Postgres is upgraded where it is, and `up` does not wait for the end: connections are cut, and there is no way back to"
        " the version before but a backup",
    ),
    Rule(
        type="digitalocean:DatabaseCluster",
        ops="update",
        properties="size nodeCount storageSizeMib region",
        effect=_DOWNTIME,
        # https://docs.digitalocean.com/products/databases/postgresql/details/limits/
        sentence="the cluster moves to new nodes, and its connections are cut once: requests of that moment fail. Nodes can't be made"
        " smaller again",
    ),
    Rule(
        type="digitalocean:DatabaseCluster",
        ops="update",
        properties="tags* maintenanceWindows*",
        effect=_NOTHING,
        sentence="changed while the database runs",
    ),
    Rule(type="digitalocean:DatabaseCluster", ops="create", effect=_NOTHING, sentence="a new, empty cluster"),
    Rule(
        type="digitalocean:DatabaseCluster",
        ops="replace delete",
        effect=_DATA,
        sentence="the cluster is deleted with all data in it and its backups; nothing copies it to another",
    ),
    Rule(type="digitalocean:DatabaseDb", ops="create", effect=_NOTHING, sentence="a new, empty database"),
    Rule(type="digitalocean:DatabaseDb", ops="replace delete", effect=_DATA, sentence="it is deleted with all data in it"),
    Rule(type="digitalocean:DatabaseUser", ops="create", effect=_NOTHING, sentence="a second login beside the one before"),
    Rule(type="digitalocean:DatabaseUser", ops="delete", effect=_ROLLED, sentence="the login goes once what used it is rolled"),
    Rule(type="digitalocean:DatabaseUser", ops="update replace", effect=_DOWNTIME, sentence="the login changes under those who use it"),
    Rule(type="digitalocean:DatabaseConnectionPool", ops="create", effect=_NOTHING, sentence="a pool beside the direct way"),
    Rule(type="digitalocean:DatabaseConnectionPool", ops="delete", effect=_ROLLED, sentence="the pool goes once what used it is rolled"),
    Rule(
        type="digitalocean:DatabaseConnectionPool",
        ops="update replace",
        effect=_DOWNTIME,
        sentence="the pool is deleted before it is made again: what uses it can't reach the database meanwhile",
    ),
    Rule(type="digitalocean:DatabaseFirewall", ops="create", effect=_NOTHING, sentence="who may reach the database is limited"),
    Rule(type="digitalocean:DatabaseFirewall", ops="update", effect=_DOWNTIME, sentence="who may reach the database changes"),
    Rule(
        type="digitalocean:DatabaseFirewall",
        ops="replace",
        effect=_DATA,
        sentence="the old cluster can be reached from everywhere between the end of its rules and its own",
    ),
    Rule(
        type="digitalocean:DatabaseFirewall",
        ops="delete",
        effect=_DATA,
        sentence="without its rules the database can be reached from everywhere",
    ),
)

NETWORK = (
    Rule(
        type="digitalocean:Vpc",
        ops="replace delete",
        effect=_DATA,
        sentence="another private network: the database can't move into it and is replaced, the droplet stays behind in the old one",
    ),
    Rule(type="digitalocean:Vpc", ops="create update", effect=_NOTHING, sentence="visitors notice nothing"),
    Rule(
        type="digitalocean:Firewall",
        ops="update",
        properties="inboundRules* outboundRules*",
        only=_only_ssh,
        effect=_NOTHING,
        sentence="who may open ssh connections changes, or what is let through besides: no visitor is kept out",
    ),
    Rule(type="digitalocean:Firewall", ops="update", properties="name", effect=_NOTHING, sentence="another name"),
    Rule(
        type="digitalocean:Firewall",
        ops="update",
        effect=_DOWNTIME,
        sentence="something that was let through is not any more: visitors, or what the site itself has to reach",
    ),
    Rule(
        type="digitalocean:Firewall",
        ops="create",
        effect=_NOTHING,
        sentence="a firewall beside the others: what any of them lets in comes in",
    ),
    Rule(type="digitalocean:Firewall", ops="replace", effect=_NOTHING, sentence="another firewall is there before this one goes"),
    Rule(
        type="digitalocean:Firewall", ops="delete", effect=_DATA, sentence="nothing is kept out any more: every port is open to the world"
    ),
    Rule(type="digitalocean:Tag", ops="create", effect=_NOTHING, sentence="a new tag"),
    Rule(
        type="digitalocean:Tag",
        ops="update replace delete",
        effect=_DOWNTIME,
        sentence="firewalls and the database know the droplet by its tag, which is gone meanwhile: the database is out of reach",
    ),
    Rule(type="digitalocean:SshKey", ops="create update replace delete", effect=_NOTHING, sentence="only new droplets read it"),
    Rule(type="digitalocean:ReservedIp", ops="create", effect=_NOTHING, sentence="a new address"),
    Rule(
        type="digitalocean:ReservedIp",
        ops="update replace delete",
        effect=_DOWNTIME,
        sentence="the site gets another address: until names point there, and resolvers have forgotten the old one, nobody finds it",
    ),
    Rule(type="digitalocean:ReservedIpAssignment", ops="create", effect=_NOTHING, sentence="the address leads to the droplet"),
    Rule(
        type="digitalocean:ReservedIpAssignment",
        ops="replace",
        effect=_ROLLED,
        sentence="the address leads to the droplet once all of the site runs there",
    ),
    Rule(type="digitalocean:ReservedIpAssignment", ops="delete", effect=_DOWNTIME, sentence="the address leads nowhere"),
    Rule(type="digitalocean:DnsRecord", ops="create", effect=_NOTHING, sentence="a new name"),
    Rule(type="digitalocean:DnsRecord", ops="update", properties="ttl", effect=_NOTHING, sentence="only how long resolvers keep it"),
    Rule(
        type="digitalocean:DnsRecord", ops="update", effect=_DOWNTIME, sentence="{name} leads elsewhere; resolvers keep the old for minutes"
    ),
    Rule(type="digitalocean:DnsRecord", ops="replace", effect=_DOWNTIME, sentence="{name} is gone for seconds before it is there again"),
    Rule(type="digitalocean:DnsRecord", ops="delete", effect=_DOWNTIME, sentence="{name} does not lead to the site any more"),
    Rule(type="digitalocean:Domain", ops="create", effect=_NOTHING, sentence="a new DNS zone"),
    Rule(
        type="digitalocean:Domain",
        ops="update replace delete",
        effect=_DATA,
        sentence="the DNS zone goes with all its records, also those that people made by hand (mail!)",
    ),
)

REST = (
    Rule(type="digitalocean:Uptime*", ops="create update replace delete", effect=_NOTHING, sentence="only who is told of what"),
    Rule(type="digitalocean:MonitorAlert", ops="create update replace delete", effect=_NOTHING, sentence="only who is told of what"),
    Rule(type="digitalocean:ContainerRegistry", ops="create update", effect=_NOTHING, sentence="visitors notice nothing"),
    Rule(type="digitalocean:ContainerRegistry", ops="replace delete", effect=_DATA, sentence="all images in the registry are lost"),
    Rule(
        type="digitalocean:ContainerRegistryDockerCredentials",
        ops="create update replace delete",
        effect=_NOTHING,
        sentence="a credential of the registry; what uses it is listed by itself",
    ),
)
RULES = (*DROPLET, *DATABASE, *NETWORK, *REST)
