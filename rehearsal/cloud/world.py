"""What the stand-in APIs make real, as a protocol: machines, networks, databases, names.

`rehearsal/world/` plays it with Docker; `NullWorld` plays it with nothing, for tests of the APIs alone. Every call returns when
the thing is there (or gone) and raises `WorldError` when it can't be; deleting what is gone already is no error. Calls come from
worker threads, several at once, but never two at once for the same object.
"""

from dataclasses import dataclass
from typing import Protocol


class WorldError(Exception):
    """Something could not be made real; the message is for people."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """IPv4 addresses of a droplet: public with its gateway, and private (in the VPC)."""

    public: str
    private: str
    public_gateway: str
    private_gateway: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a cloud firewall, resolved: `peers` are CIDRs, `ports` is `""` (all, or none for icmp), `"443"` or `"8000-9000"`."""

    direction: str
    """`in` or `out`."""
    protocol: str
    """`tcp`, `udp` or `icmp`."""
    ports: str
    peers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A connection pool: listens under `name` on the cluster's pool port, `mode` is `transaction`, `session` or `statement`."""

    name: str
    database: str
    user: str | None
    mode: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where a database cluster answers: private and public host names, ports, and its CA certificate (PEM)."""

    host: str
    private_host: str
    port: int
    pool_port: int
    ca: str


@dataclass(frozen=True, kw_only=True)
class RegistryUser:
    """Somebody who may use the registry with a password; `write` may push."""

    name: str
    password: str
    write: bool


@dataclass(frozen=True, kw_only=True)
class SpacesKey:
    """An access key of Spaces; `grants` are buckets and what it may do with each, `("", "fullaccess")` all with all."""

    access: str
    secret: str
    grants: tuple[tuple[str, str], ...]


class World(Protocol):
    """What the APIs call. Identifiers are the API's own: uuids, droplet numbers, names."""

    def create_vpc(self, vpc: str, *, ip_range: str) -> None: ...
    def delete_vpc(self, vpc: str) -> None: ...

    def create_droplet(
        self, droplet: int, *, name: str, vpc: str, vpc_range: str, memory: int, user_data: str, public_keys: list[str]
    ) -> Addresses:
        """Boot it. `memory` is what its size has, in MiB; `public_keys` go to its metadata."""

    def delete_droplet(self, droplet: int) -> None: ...
    def power(self, droplet: int, *, on: bool) -> None: ...

    def reserve_ip(self) -> str: ...
    def release_ip(self, ip: str) -> None: ...
    def assign_ip(self, ip: str, droplet: int | None) -> None: ...

    def set_firewall(self, droplet: int, rules: list[Rule] | None) -> None:
        """All rules of all firewalls that apply to this droplet; None where no firewall applies (all open)."""

    def create_cluster(self, cluster: str, *, name: str, vpc: str, version: str, nodes: int, connections: int, password: str) -> Cluster:
        """A Postgres whose administrator is `doadmin` with `password`, with one database `defaultdb`; for so many `connections`."""

    def delete_cluster(self, cluster: str) -> None: ...
    def set_user(self, cluster: str, user: str, password: str) -> None:
        """Make a login user, or give it another password."""

    def delete_user(self, cluster: str, user: str) -> None: ...
    def create_database(self, cluster: str, database: str) -> None: ...
    def delete_database(self, cluster: str, database: str) -> None: ...
    def set_pools(self, cluster: str, pools: list[Pool]) -> None:
        """All pools of the cluster, as they shall be from now on."""

    def set_trusted(self, cluster: str, peers: list[str] | None) -> None:
        """The database's firewall: addresses or CIDRs that may connect; None: everybody."""

    def set_names(self, names: dict[str, list[str]]) -> None:
        """All names that the cloud's DNS answers from now on: name -> IPv4 addresses."""

    def set_registry_users(self, users: list[RegistryUser]) -> None:
        """All who may use the registry from now on."""

    def set_spaces_keys(self, keys: list[SpacesKey]) -> None:
        """All keys of Spaces from now on."""

    def repositories(self) -> list[str]:
        """All of the registry that somebody has pushed to, by path: `group/site`."""

    def tags(self, repository: str) -> list[str]:
        """Those of one repository; none where nobody has pushed to it."""

    def remove_tag(self, repository: str, tag: str) -> None:
        """Take this tag away; the manifest stays, and so do other tags of it."""


class NullWorld:
    """A world in which nothing is real: for tests of the APIs alone."""

    def __init__(self) -> None:
        self._reserved = 0

    def create_vpc(self, vpc: str, *, ip_range: str) -> None: ...
    def delete_vpc(self, vpc: str) -> None: ...

    def create_droplet(
        self, droplet: int, *, name: str, vpc: str, vpc_range: str, memory: int, user_data: str, public_keys: list[str]
    ) -> Addresses:
        return Addresses(public="198.51.100.10", private="10.20.0.2", public_gateway="198.51.100.1", private_gateway="10.20.0.1")

    def delete_droplet(self, droplet: int) -> None: ...
    def power(self, droplet: int, *, on: bool) -> None: ...

    def reserve_ip(self) -> str:
        self._reserved += 1
        return f"198.51.100.{128 + self._reserved}"

    def release_ip(self, ip: str) -> None: ...
    def assign_ip(self, ip: str, droplet: int | None) -> None: ...
    def set_firewall(self, droplet: int, rules: list[Rule] | None) -> None: ...

    def create_cluster(self, cluster: str, *, name: str, vpc: str, version: str, nodes: int, connections: int, password: str) -> Cluster:
        return Cluster(host=f"{name}.db.test", private_host=f"private-{name}.db.test", port=25060, pool_port=25061, ca="")

    def delete_cluster(self, cluster: str) -> None: ...
    def set_user(self, cluster: str, user: str, password: str) -> None: ...
    def delete_user(self, cluster: str, user: str) -> None: ...
    def create_database(self, cluster: str, database: str) -> None: ...
    def delete_database(self, cluster: str, database: str) -> None: ...
    def set_pools(self, cluster: str, pools: list[Pool]) -> None: ...
    def set_trusted(self, cluster: str, peers: list[str] | None) -> None: ...
    def set_names(self, names: dict[str, list[str]]) -> None: ...
    def set_registry_users(self, users: list[RegistryUser]) -> None: ...
    def set_spaces_keys(self, keys: list[SpacesKey]) -> None: ...

    def repositories(self) -> list[str]:
        return []

    def tags(self, repository: str) -> list[str]:
        return []

    def remove_tag(self, repository: str, tag: str) -> None: ...
