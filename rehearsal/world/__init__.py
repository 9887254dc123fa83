"""The world of the stand-in cloud, played with Docker: droplets that boot, Postgres, registries, DNS, and the front."""

import logging
import threading
from pathlib import Path

from rehearsal.cloud.world import Addresses, Cluster, Pool, RegistryUser, Rule, SpacesKey
from rehearsal.world import clusters, network
from rehearsal.world.addresses import Addresses as ReservedAddresses
from rehearsal.world.certificates import Authority
from rehearsal.world.clusters import Clusters
from rehearsal.world.droplets import Droplets
from rehearsal.world.engine import Engine
from rehearsal.world.front import Front
from rehearsal.world.names import Names
from rehearsal.world.registry import HOSTS, Registries
from rehearsal.world.spaces import Spaces

log = logging.getLogger("rehearsal.world")


class DockerWorld:
    """Plays `rehearsal.cloud.world.World`; what it makes carries one label, and `Engine.sweep` takes all of it away."""

    def __init__(self, engine: Engine, folder: Path, authority: Authority) -> None:
        self._engine = engine
        self._droplets = Droplets(engine, folder / "droplets", authority.file)
        self._clusters = Clusters(engine, folder / "clusters", authority)
        self._registries = Registries(engine, folder / "registries", authority)
        self._spaces = Spaces(engine, folder / "spaces", authority)
        self._names = Names(engine, folder / "names")
        self._front = Front(engine, folder / "front")
        self._reserved = ReservedAddresses(folder / "addresses.json", self._droplets)
        self._addressing = threading.Lock()

    def start(self) -> None:
        """Start what is there before any stack: the public network, DNS, registries and the front."""
        self._engine.ensure_network(network.PUBLIC, subnet=network.SUBNET)
        self._names.start()
        hosts = {"registry": network.REGISTRY, "hub": network.HUB}
        self._names.set("cloud", {name: [address] for kind, address in hosts.items() for name in HOSTS[kind]})
        self._registries.start()
        self._spaces.start()
        self._front.start()

    def create_vpc(self, vpc: str, *, ip_range: str) -> None:
        self._engine.ensure_network(network.private(vpc), subnet=ip_range, internal=True)

    def delete_vpc(self, vpc: str) -> None:
        self._engine.remove_network(network.private(vpc))

    def create_droplet(
        self, droplet: int, *, name: str, vpc: str, vpc_range: str, memory: int, user_data: str, public_keys: list[str]
    ) -> Addresses:
        self._engine.ensure_network(network.private(vpc), subnet=vpc_range, internal=True)
        return self._droplets.create(droplet, name=name, vpc=vpc, user_data=user_data, public_keys=public_keys, memory=memory)

    def delete_droplet(self, droplet: int) -> None:
        self._droplets.delete(droplet)

    def power(self, droplet: int, *, on: bool) -> None:
        self._droplets.power(droplet, on=on)

    def reserve_ip(self) -> str:
        with self._addressing:
            return self._reserved.reserve()

    def release_ip(self, ip: str) -> None:
        with self._addressing:
            self._reserved.release(ip)

    def assign_ip(self, ip: str, droplet: int | None) -> None:
        with self._addressing:
            self._reserved.assign(ip, droplet)

    def set_firewall(self, droplet: int, rules: list[Rule] | None) -> None:
        self._droplets.set_firewall(droplet, rules)

    def create_cluster(self, cluster: str, *, name: str, vpc: str, version: str, nodes: int, connections: int, password: str) -> Cluster:
        if version != clusters.VERSION or nodes != 1:
            log.warning("%s: Postgres %s with one node plays Postgres %s with %d", name, clusters.VERSION, version, nodes)
        where, address = self._clusters.create(cluster, name=name, vpc=vpc, connections=connections, password=password)
        self._names.set(f"cluster-{cluster}", {where.host: [address], where.private_host: [address]})
        return where

    def delete_cluster(self, cluster: str) -> None:
        self._clusters.delete(cluster)
        self._names.set(f"cluster-{cluster}", {})

    def set_user(self, cluster: str, user: str, password: str) -> None:
        self._clusters.set_user(cluster, user, password)

    def delete_user(self, cluster: str, user: str) -> None:
        self._clusters.delete_user(cluster, user)

    def create_database(self, cluster: str, database: str) -> None:
        self._clusters.create_database(cluster, database)

    def delete_database(self, cluster: str, database: str) -> None:
        self._clusters.delete_database(cluster, database)

    def set_pools(self, cluster: str, pools: list[Pool]) -> None:
        self._clusters.set_pools(cluster, pools)

    def set_trusted(self, cluster: str, peers: list[str] | None) -> None:
        self._clusters.set_trusted(cluster, peers)

    def set_names(self, names: dict[str, list[str]]) -> None:
        self._names.set("records", names)

    def set_registry_users(self, users: list[RegistryUser]) -> None:
        self._registries.set_users(users)

    def set_spaces_keys(self, keys: list[SpacesKey]) -> None:
        self._spaces.set_keys(keys)

    def repositories(self) -> list[str]:
        return self._registries.repositories()

    def tags(self, repository: str) -> list[str]:
        return self._registries.tags(repository)

    def remove_tag(self, repository: str, tag: str) -> None:
        self._registries.remove_tag(repository, tag)
