"""Managed Postgres: clusters and what is in them."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from rehearsal.conductor.errors import START_AGAIN, Refused
from rehearsal.conductor.handler import Existing, Handler, Made, wait_until
from rehearsal.conductor.handlers.digitalocean.api import ApiError, DigitalOcean, Object, body, named
from rehearsal.conductor.properties import Properties, changed

_CREATE_SECONDS = 1800
_IN_PLACE = frozenset({"size", "nodeCount", "storageSizeMib", "maintenanceWindows"})


class DatabaseCluster(DigitalOcean):
    """`digitalocean.DatabaseCluster`. It is made when the API calls it online."""

    type: ClassVar = "digitalocean:index/databaseCluster:DatabaseCluster"
    accepts: ClassVar = frozenset(
        {"name", "engine", "version", "region", "size", "nodeCount", "privateNetworkUuid", "tags", "projectId", "storageSizeMib"}
        | {"maintenanceWindows"}
    )
    replaces: ClassVar = frozenset({"name", "engine", "privateNetworkUuid", "projectId"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"host", "privateHost", "port", "user", "password", "database", "uri", "privateUri", "clusterUrn"})
    fresh: ClassVar = frozenset({"host", "privateHost", "uri", "privateUri"})

    def create(self, inputs: Properties) -> Made:
        sent = ("name", "engine", "version", "region", "size", "privateNetworkUuid", "tags", "projectId")
        request = body(inputs, sent, nodeCount="num_nodes") | _storage(inputs)
        id = self.call(self.api.databases.create_cluster, body=request)["database"]["id"]
        made = self._online(id)
        self._maintain(id, inputs)
        return made

    def update(self, old: Existing, new: Properties) -> Properties:
        differing = {*changed(old.inputs, new)}
        if other := sorted(differing - _IN_PLACE):
            raise Refused(f"the conductor does not change {', '.join(other)} of a cluster: {START_AGAIN}")
        if differing - {"maintenanceWindows"}:
            request = {"size": new["size"], "num_nodes": new["nodeCount"]} | _storage(new)
            self.call(self.api.databases.update_cluster_size, old.id, body=request)
        if "maintenanceWindows" in differing:
            self._maintain(old.id, new)
        return self._online(old.id).outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.databases.destroy_cluster, old.id)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.databases.list_clusters)["databases"], inputs["name"])
        if found is None:
            return None
        made = self._online(found["id"])
        self._maintain(found["id"], inputs)
        return made

    def _online(self, id: str) -> Made:
        seen: Object = {}

        def online() -> bool:
            seen.update(self.call(self.api.databases.get_cluster, id)["database"])
            return bool(seen["status"] == "online")

        wait_until(online, what="the cluster to be online", seconds=_CREATE_SECONDS)
        public, private = seen["connection"], seen["private_connection"]
        outputs = body(public, ("host", "port", "user", "password", "database", "uri"))
        return Made(id, outputs | {"privateHost": private["host"], "privateUri": private["uri"], "clusterUrn": f"do:dbaas:{id}"})

    def _maintain(self, id: str, inputs: Properties) -> None:
        for window in inputs.get("maintenanceWindows", []):
            self.call(self.api.databases.update_maintenance_window, id, body=body(window, ("day", "hour")))


class _InCluster(DigitalOcean):
    """Base class: something with a name in a cluster, that no property of can change in place."""

    auto_named: ClassVar = True
    noun: ClassVar[str]
    """What its id and the API's replies call it."""

    @abstractmethod
    def operations(self) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
        """The client's operations that add, get and delete it."""

    def request(self, inputs: Properties) -> Object:
        return {"name": inputs["name"]}

    def outputs(self, reply: Object) -> Properties:  # noqa: ARG002 - a plain database has none
        return {}

    def create(self, inputs: Properties) -> Made:
        add, _, _ = self.operations()
        return self._made(inputs, self.call(add, inputs["clusterId"], body=self.request(inputs)))

    def delete(self, old: Existing) -> None:
        _, _, delete = self.operations()
        self.gone(delete, old.inputs["clusterId"], old.inputs["name"])

    def find(self, inputs: Properties) -> Made | None:
        _, get, _ = self.operations()
        try:
            return self._made(inputs, self.call(get, inputs["clusterId"], inputs["name"]))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _made(self, inputs: Properties, reply: Object) -> Made:
        return Made(f"{inputs['clusterId']}/{self.noun}/{inputs['name']}", self.outputs(reply[self.noun]))


class DatabaseDb(_InCluster):
    """`digitalocean.DatabaseDb`."""

    type: ClassVar = "digitalocean:index/databaseDb:DatabaseDb"
    accepts: ClassVar = frozenset({"clusterId", "name"})
    replaces: ClassVar = accepts
    noun: ClassVar = "db"

    def operations(self) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
        databases = self.api.databases
        return databases.add, databases.get, databases.delete


class DatabaseUser(_InCluster):
    """`digitalocean.DatabaseUser`."""

    type: ClassVar = "digitalocean:index/databaseUser:DatabaseUser"
    accepts: ClassVar = frozenset({"clusterId", "name"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    gives: ClassVar = frozenset({"password"})
    noun: ClassVar = "user"

    def operations(self) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
        databases = self.api.databases
        return databases.add_user, databases.get_user, databases.delete_user

    def outputs(self, reply: Object) -> Properties:
        return {"password": reply["password"], "role": reply.get("role", "normal")}


class DatabaseConnectionPool(_InCluster):
    """`digitalocean.DatabaseConnectionPool`."""

    type: ClassVar = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
    accepts: ClassVar = frozenset({"clusterId", "name", "mode", "size", "dbName", "user"})
    replaces: ClassVar = accepts
    gives: ClassVar = frozenset({"host", "privateHost", "port", "uri", "privateUri"})
    noun: ClassVar = "pool"

    def operations(self) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
        databases = self.api.databases
        return databases.add_connection_pool, databases.get_connection_pool, databases.delete_connection_pool

    def request(self, inputs: Properties) -> Object:
        return body(inputs, ("name", "mode", "size", "user"), dbName="db")

    def outputs(self, reply: Object) -> Properties:
        public, private = reply["connection"], reply["private_connection"]
        outputs = body(public, ("host", "port", "password", "uri"))
        return outputs | {"privateHost": private["host"], "privateUri": private["uri"]}


class DatabaseFirewall(DigitalOcean):
    """`digitalocean.DatabaseFirewall`: all rules of a cluster. Deleting it opens the cluster to everyone, as with the real one."""

    type: ClassVar = "digitalocean:index/databaseFirewall:DatabaseFirewall"
    accepts: ClassVar = frozenset({"clusterId", "rules"})
    replaces: ClassVar = frozenset({"clusterId"})

    def create(self, inputs: Properties) -> Made:
        self._put(inputs["clusterId"], inputs["rules"])
        return Made(f"{inputs['clusterId']}/firewall", {})

    def update(self, old: Existing, new: Properties) -> Properties:
        self._put(new["clusterId"], new["rules"])
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.databases.update_firewall_rules, old.inputs["clusterId"], body={"rules": []})

    def _put(self, cluster: str, rules: list[Properties]) -> None:
        request = {"rules": [body(rule, ("type", "value")) for rule in rules]}
        self.call(self.api.databases.update_firewall_rules, cluster, body=request)


def _storage(inputs: Properties) -> Object:
    return {"storage_size_mib": int(inputs["storageSizeMib"])} if "storageSizeMib" in inputs else {}


KINDS: tuple[type[Handler], ...] = (DatabaseCluster, DatabaseDb, DatabaseUser, DatabaseConnectionPool, DatabaseFirewall)
