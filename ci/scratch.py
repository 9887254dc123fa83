"""A scratch cluster: the stack's database once more, empty, for as long as a drill lasts. No state of Pulumi's knows it."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ci.digitalocean import DigitalOcean, explained
from ci.thing import CloudError

SUFFIX = "-drill"
"""What its name has after the stack's, so that `recover` and `drift` know it, and the next drill finds what a killed one left."""
READY_LIMIT = 1800
"""Seconds: a cluster takes minutes."""
_SSLMODE = "require"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a host reaches a cluster: its private address, its administrator, and the site's login."""

    host: str
    port: int
    administrator: str
    administrator_password: str
    login: str
    password: str
    database: str

    @property
    def variables(self) -> str:
        """Lines for `site-backup restore` (infra/backup.sh). What DigitalOcean makes up has no quote in it."""
        values = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.administrator,
            "PGPASSWORD": self.administrator_password,
            "PGDATABASE": self.database,
            "PGSSLMODE": _SSLMODE,
            "LOGIN": self.login,
        }
        return "".join(f"{name}='{value}'\n" for name, value in values.items())


def edits(old: Way, new: Way) -> str:
    """A script for `sed` that leads the site's environment from one cluster to the other, whatever its variables are called.

    The certificate that it knows may be another's, so that is not asked for.
    """
    lines = [
        r"s|sslmode=verify-full&sslrootcert=[^'&]*|sslmode=require|g",
        "s|^PGSSLMODE=.*|PGSSLMODE=require|",
        "/^PGSSLROOTCERT=/d",
        rf"s|{old.host.replace('.', '[.]')}|{new.host}|g",
        f"s|{old.password}|{new.password}|g",
        rf"s|\({new.host.replace('.', '[.]')}\):{old.port}|\1:{new.port}|g",
        f"s|^PGPORT={old.port}$|PGPORT={new.port}|",
    ]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def scratch(account: DigitalOcean, stack: str) -> Iterator[tuple[Way, Way]]:
    """The way to the stack's cluster and the way to a new one like it; it is deleted in any case. Raises CloudError."""
    remove(account, stack)
    with explained("may DIGITALOCEAN_TOKEN make and delete databases?"):
        source = _named(account, f"site-{stack}")
        if source is None:
            raise CloudError(f"DigitalOcean: there is no database cluster site-{stack}; python -m ci up --stack {stack} makes it")
        rules = account.databases.list_firewall_rules(source["id"]).get("rules") or []
        login = max(user["name"] for user in source["users"] if user["name"].startswith("site"))
        order = {name: source[name] for name in ("engine", "version", "size", "region", "private_network_uuid", "storage_size_mib")}
        order |= {"name": f"site-{stack}{SUFFIX}", "num_nodes": 1}
        try:
            made = account.databases.create_cluster(body={name: value for name, value in order.items() if value})["database"]["id"]
            _online(account, made)
            allowed = [{"type": rule["type"], "value": rule["value"]} for rule in rules]
            account.databases.update_firewall_rules(made, body={"rules": allowed})
            account.databases.add(made, body={"name": "site"})
            account.databases.add_user(made, body={"name": login})
            for pool in account.databases.list_connection_pools(source["id"]).get("pools") or []:
                like = {name: pool[name] for name in ("name", "mode", "size", "db")}
                account.databases.add_connection_pool(made, body=like)
            yield _way(source, login), _way(account.databases.get_cluster(made)["database"], login)
        finally:
            remove(account, stack)


def remove(account: DigitalOcean, stack: str) -> bool:
    """Delete a stack's scratch cluster and wait until it is gone; whether there was one. Raises CloudError."""
    deadline = time.monotonic() + READY_LIMIT
    found = False
    with explained(f"delete the database cluster site-{stack}{SUFFIX} in the control panel"):
        while left := _named(account, f"site-{stack}{SUFFIX}"):
            if left["status"] == "creating":
                # It can't be deleted before it is whole.
                _online(account, left["id"])
            if not found:
                account.databases.destroy_cluster(left["id"])
            found = True
            if time.monotonic() > deadline:
                raise CloudError(f"DigitalOcean: site-{stack}{SUFFIX} is still there after {READY_LIMIT} s; delete it in the control panel")
            time.sleep(1)
    return found


def _named(account: DigitalOcean, name: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = account.databases.list_clusters().get("databases") or []
    return next((cluster for cluster in found if cluster["name"] == name), None)


def _online(account: DigitalOcean, cluster: str) -> None:
    deadline = time.monotonic() + READY_LIMIT
    while account.databases.get_cluster(cluster)["database"]["status"] != "online":
        if time.monotonic() > deadline:
            raise CloudError(f"DigitalOcean: the scratch cluster {cluster} is not ready after {READY_LIMIT} s")
        time.sleep(2)


def _way(cluster: dict[str, Any], login: str) -> Way:
    private = cluster["private_connection"]
    return Way(
        host=private["host"],
        port=private["port"],
        administrator=private["user"],
        administrator_password=private["password"],
        login=login,
        password=next(user["password"] for user in cluster["users"] if user["name"] == login),
        database="site",
    )
