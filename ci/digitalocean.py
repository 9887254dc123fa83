"""What is in a DigitalOcean account, as far as this program makes it."""

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

import pydo
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from ci.thing import CloudError, Thing

_ALL = 200
"""Objects a page; an account with more droplets than that is no small team's."""


class DigitalOcean:
    """The account of a token. `zones` are those whose records are listed; `url` and `ca_file` are other than the environment's."""

    def __init__(self, token: str, *, zones: frozenset[str] = frozenset(), url: str = "", ca_file: str = "") -> None:
        self._token = token
        self._zones = zones
        self._url = url or os.environ.get("DIGITALOCEAN_API_URL", "https://api.digitalocean.com")
        self._ca_file = ca_file or os.environ.get("SSL_CERT_FILE")

    @cached_property
    def _client(self) -> pydo.Client:
        return pydo.Client(self._token, endpoint=self._url, connection_verify=self._ca_file or True)

    @property
    def databases(self) -> Any:
        """The client's part for databases (https://docs.digitalocean.com/reference/api/digitalocean/#tag/Databases)."""
        return self._client.databases

    def things(self, type: str) -> list[Thing]:
        """All things of a Pulumi type; nothing for a type that is no object of its own."""
        reader = _READERS.get(type)
        with explained("is DIGITALOCEAN_TOKEN (or the stack's digitalocean:token) right?"):
            return [] if reader is None else list(reader(self))

    def lists(self, type: str) -> bool:
        """Whether `things` can list this type."""
        return type in _READERS

    def every(self) -> Iterator[Thing]:
        """All things of all types."""
        for type in _READERS:
            yield from self.things(type)

    def firewalls(self, beginning: str) -> list[dict[str, Any]]:
        """Those whose names begin so, as the API shows them."""
        with explained("is DIGITALOCEAN_TOKEN (or the stack's digitalocean:token) right?"):
            found: list[dict[str, Any]] = self._client.firewalls.list(per_page=_ALL).get("firewalls") or []
        return [firewall for firewall in found if firewall["name"].startswith(beginning)]

    def new_firewall(self, order: dict[str, Any]) -> None:
        """Make one (https://docs.digitalocean.com/reference/api/digitalocean/#tag/Firewalls). It is not applied at once."""
        with explained("may DIGITALOCEAN_TOKEN (or the stack's digitalocean:token) make firewalls?"):
            self._client.firewalls.create(body=order)

    def reboot(self, droplet: str) -> None:
        """Boot it, as its own `reboot` would. Raises CloudError; it does not wait."""
        with explained("may DIGITALOCEAN_TOKEN (or the stack's digitalocean:token) change droplets?"):
            self._client.droplet_actions.post(int(droplet), body={"type": "reboot"})

    def delete(self, thing: Thing) -> None:
        """Delete it. Raises CloudError for a type of which an account has one, and for what goes with something else."""
        client: Any = self._client  # Its types take a key's number for a mapping.
        zone, _, _ = thing.name.partition("/")
        delete = {
            "Droplet": lambda: client.droplets.destroy(droplet_id=int(thing.id)),
            "Vpc": lambda: client.vpcs.delete(thing.id),
            "Firewall": lambda: client.firewalls.delete(thing.id),
            "SshKey": lambda: client.ssh_keys.delete(thing.id),
            "ReservedIp": lambda: client.reserved_ips.delete(thing.id),
            "DatabaseCluster": lambda: client.databases.destroy_cluster(thing.id),
            "DatabaseUser": lambda: client.databases.delete_user(*thing.id.split("/user/")),
            "SpacesKey": lambda: client.spaces_key.delete(thing.id),
            "DnsRecord": lambda: client.domains.delete_record(zone, int(thing.id)),
            "Tag": lambda: client.tags.delete(thing.id),
            "UptimeCheck": lambda: client.uptime.delete_check(thing.id),
            "MonitorAlert": lambda: client.monitoring.delete_alert_policy(thing.id),
        }.get(thing.kind)
        if delete is None:
            raise CloudError(f"DigitalOcean: {thing.kind} {thing.id} can't be deleted from here; do it in the control panel")
        with explained("what it is used by has to go first"):
            delete()

    def cluster(self, id: str) -> dict[str, Any]:
        """A database cluster, as the API shows it. Raises CloudError."""
        with explained("is the cluster still there, and may DIGITALOCEAN_TOKEN read it?"):
            found = self._client.databases.get_cluster(id)
        if "database" not in found:
            # For this call pydo gives a 404 as an answer.
            raise CloudError(f"DigitalOcean: there is no database cluster {id}; pulumi refresh takes that into the state")
        return dict(found["database"])

    def backups(self, cluster: str) -> tuple[datetime, list[datetime]]:
        """When a database cluster was made, and when it was backed up, oldest first. Raises CloudError."""
        made = self.cluster(cluster)
        with explained("may DIGITALOCEAN_TOKEN read the cluster's backups?"):
            found = self._client.databases.list_backups(cluster).get("backups") or []
        return datetime.fromisoformat(made["created_at"]), sorted(datetime.fromisoformat(backup["created_at"]) for backup in found)

    def _droplets(self) -> Iterator[Thing]:
        for found in self._client.droplets.list(per_page=_ALL)["droplets"]:
            ready = found["status"] == "active" and not found["locked"]
            yield Thing(type=f"{_DO}droplet:Droplet", id=str(found["id"]), name=found["name"], ready=ready)

    def _clusters(self) -> Iterator[Thing]:
        for found in self._client.databases.list_clusters().get("databases") or []:
            yield Thing(type=f"{_DO}databaseCluster:DatabaseCluster", id=found["id"], name=found["name"], ready=found["status"] == "online")

    def _reserved_ips(self) -> Iterator[Thing]:
        for found in self._client.reserved_ips.list(per_page=_ALL)["reserved_ips"]:
            yield Thing(type=f"{_DO}reservedIp:ReservedIp", id=found["ip"], name="", spare=not found.get("droplet"))

    def _records(self) -> Iterator[Thing]:
        for zone in sorted(self._zones):
            for found in self._client.domains.list_records(zone, per_page=_ALL).get("domain_records") or []:
                yield Thing(type=f"{_DO}dnsRecord:DnsRecord", id=str(found["id"]), name=f"{zone}/{found['name']}/{found['type']}")

    def _of_clusters(self, type: str, ask: Callable[[str], Any], word: str) -> Iterator[Thing]:
        for cluster in self._clusters():
            for found in next((value for value in ask(cluster.id).values() if isinstance(value, list)), []):
                yield Thing(type=type, id=f"{cluster.id}/{word}/{found['name']}", name=f"{cluster.id}/{found['name']}")

    def _uptime_alerts(self) -> Iterator[Thing]:
        for check in self._client.uptime.list_checks(per_page=_ALL).get("checks") or []:
            for found in self._client.uptime.list_alerts(check["id"], per_page=_ALL).get("alerts") or []:
                yield Thing(type=f"{_DO}uptimeAlert:UptimeAlert", id=found["id"], name=found["name"])

    def _spaces_keys(self) -> Iterator[Thing]:
        try:
            for found in self._client.spaces_key.list(per_page=_ALL).get("keys") or []:
                yield Thing(type=f"{_DO}spacesKey:SpacesKey", id=found["access_key"], name=found["name"])
        except HttpResponseError as error:
            # A token of a stack without buckets needs not be allowed to see them.
            if error.status_code != 403:
                raise

    def _registry(self) -> Iterator[Thing]:
        with contextlib.suppress(ResourceNotFoundError):
            found = self._client.registry.get()["registry"]
            yield Thing(type=f"{_DO}containerRegistry:ContainerRegistry", id=found["name"], name=found["name"])


_DO = "digitalocean:index/"


@contextlib.contextmanager
def explained(hint: str) -> Iterator[None]:
    """Turn what the client raises into a CloudError that ends with a hint."""
    try:
        yield
    except AzureError as error:
        # Of "(None) WORDS\nCode: None\nMessage: WORDS" the words.
        raise CloudError(f"DigitalOcean: {error.message.rpartition('Message: ')[2]}; {hint}") from None


def _plain(kind: str, ask: Callable[[pydo.Client], Any], id: str = "id", name: str = "name") -> Callable[[DigitalOcean], Iterator[Thing]]:
    """A reader of things that one call lists."""
    type = f"{_DO}{kind[0].lower()}{kind[1:]}:{kind}"

    def read(account: DigitalOcean) -> Iterator[Thing]:
        reply = ask(account._client)
        for found in next((value for value in reply.values() if isinstance(value, list)), []):
            yield Thing(type=type, id=str(found[id]), name=str(found[name]))

    return read


def _nested(kind: str, ask: Callable[[pydo.Client, str], Any], word: str) -> Callable[[DigitalOcean], Iterator[Thing]]:
    type = f"{_DO}{kind[0].lower()}{kind[1:]}:{kind}"
    return lambda account: account._of_clusters(type, lambda cluster: ask(account._client, cluster), word)


_READERS: dict[str, Callable[[DigitalOcean], Iterator[Thing]]] = {
    f"{_DO}droplet:Droplet": DigitalOcean._droplets,
    f"{_DO}databaseCluster:DatabaseCluster": DigitalOcean._clusters,
    f"{_DO}reservedIp:ReservedIp": DigitalOcean._reserved_ips,
    f"{_DO}dnsRecord:DnsRecord": DigitalOcean._records,
    f"{_DO}uptimeAlert:UptimeAlert": DigitalOcean._uptime_alerts,
    f"{_DO}containerRegistry:ContainerRegistry": DigitalOcean._registry,
    f"{_DO}spacesKey:SpacesKey": DigitalOcean._spaces_keys,
    f"{_DO}vpc:Vpc": _plain("Vpc", lambda client: client.vpcs.list(per_page=_ALL)),
    f"{_DO}firewall:Firewall": _plain("Firewall", lambda client: client.firewalls.list(per_page=_ALL)),
    f"{_DO}sshKey:SshKey": _plain("SshKey", lambda client: client.ssh_keys.list(per_page=_ALL)),
    f"{_DO}tag:Tag": _plain("Tag", lambda client: client.tags.list(per_page=_ALL), id="name"),
    f"{_DO}domain:Domain": _plain("Domain", lambda client: client.domains.list(per_page=_ALL), id="name"),
    f"{_DO}uptimeCheck:UptimeCheck": _plain("UptimeCheck", lambda client: client.uptime.list_checks(per_page=_ALL)),
    f"{_DO}monitorAlert:MonitorAlert": _plain(
        "MonitorAlert", lambda client: client.monitoring.list_alert_policy(per_page=_ALL), id="uuid", name="description"
    ),
    f"{_DO}databaseUser:DatabaseUser": _nested("DatabaseUser", lambda client, id: client.databases.list_users(id), "user"),
    f"{_DO}databaseDb:DatabaseDb": _nested("DatabaseDb", lambda client, id: client.databases.list(id), "database"),
    f"{_DO}databaseConnectionPool:DatabaseConnectionPool": _nested(
        "DatabaseConnectionPool", lambda client, id: client.databases.list_connection_pools(id), "pool"
    ),
}
