"""A world that only takes notes."""

from threading import Event
from typing import Any

from rehearsal.cloud.world import Addresses, Cluster, NullWorld, Pool, RegistryUser, Rule, SpacesKey, WorldError

SECONDS = 5
"""How long anything may take in a test."""


class PushedWorld(NullWorld):
    """A registry of names: `pushed` has the tags by repository."""

    def __init__(self) -> None:
        super().__init__()
        self.pushed: dict[str, set[str]] = {}

    def repositories(self) -> list[str]:
        return sorted(self.pushed)

    def tags(self, repository: str) -> list[str]:
        return sorted(self.pushed.get(repository, ()))

    def remove_tag(self, repository: str, tag: str) -> None:
        self.pushed[repository].discard(tag)


class RecordingWorld(PushedWorld):
    """Keeps what it was last told. `broken` is a call that fails, `dead` a droplet that takes no rules; `hold` makes long work wait."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Any]] = []
        self.firewalls: dict[int, list[Rule] | None] = {}
        self.trusted: dict[str, list[str] | None] = {}
        self.assigned: dict[str, int | None] = {}
        self.pools: dict[str, list[Pool]] = {}
        self.passwords: dict[str, str] = {}
        self.names: dict[str, list[str]] = {}
        self.registry_users: list[RegistryUser] = []
        self.spaces_keys: list[SpacesKey] = []
        self.orders: dict[int, dict[str, Any]] = {}
        self.broken = ""
        self.dead = 0
        self.hold = Event()
        self.hold.set()

    def count(self, call: str) -> int:
        return sum(name == call for name, _ in self.calls)

    def _note(self, call: str, about: Any) -> None:
        self.calls.append((call, about))
        if call == self.broken:
            raise WorldError(f"{call} does not work")

    def create_vpc(self, vpc: str, *, ip_range: str) -> None:
        self._note("create_vpc", (vpc, ip_range))

    def create_droplet(self, droplet: int, **order: Any) -> Addresses:
        self._note("create_droplet", droplet)
        self.orders[droplet] = order
        assert self.hold.wait(SECONDS)
        return Addresses(
            public=f"198.51.100.{droplet}",
            private=f"10.20.0.{droplet}",
            public_gateway="198.51.100.1",
            private_gateway="10.20.0.1",
        )

    def delete_droplet(self, droplet: int) -> None:
        self._note("delete_droplet", droplet)
        assert self.hold.wait(SECONDS)

    def power(self, droplet: int, *, on: bool) -> None:
        self._note("power", (droplet, on))
        assert self.hold.wait(SECONDS)

    def assign_ip(self, ip: str, droplet: int | None) -> None:
        self._note("assign_ip", (ip, droplet))
        self.assigned[ip] = droplet

    def set_firewall(self, droplet: int, rules: list[Rule] | None) -> None:
        self._note("set_firewall", droplet)
        if droplet == self.dead:
            raise WorldError("the machine is dead")
        self.firewalls[droplet] = rules

    def create_cluster(self, cluster: str, **order: Any) -> Cluster:
        self._note("create_cluster", cluster)
        self.passwords["doadmin"] = order["password"]
        assert self.hold.wait(SECONDS)
        return Cluster(host="db.test", private_host="private-db.test", port=25060, pool_port=25061, ca="-----BEGIN CERTIFICATE-----")

    def set_user(self, cluster: str, user: str, password: str) -> None:
        self._note("set_user", (cluster, user))
        self.passwords[user] = password

    def delete_user(self, cluster: str, user: str) -> None:
        self._note("delete_user", (cluster, user))
        del self.passwords[user]

    def set_pools(self, cluster: str, pools: list[Pool]) -> None:
        self._note("set_pools", cluster)
        self.pools[cluster] = pools

    def set_trusted(self, cluster: str, peers: list[str] | None) -> None:
        self._note("set_trusted", cluster)
        self.trusted[cluster] = peers

    def set_names(self, names: dict[str, list[str]]) -> None:
        self._note("set_names", names)
        self.names = names

    def set_registry_users(self, users: list[RegistryUser]) -> None:
        self._note("set_registry_users", len(users))
        self.registry_users = users

    def set_spaces_keys(self, keys: list[SpacesKey]) -> None:
        self._note("set_spaces_keys", len(keys))
        self.spaces_keys = keys
