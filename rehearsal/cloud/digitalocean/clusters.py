"""Managed Postgres clusters: made in the background, then `online`. What is inside one is in database_*.py."""

import base64
import re
import secrets
from uuid import uuid4

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import catalogue, cluster_life, cluster_plans, connections, tags, vpcs
from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.errors import ApiError, not_found, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object, Store

DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"


class New(BaseModel):
    """What a POST takes."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")
    engine: str
    version: str = "17"
    num_nodes: int
    size: str
    region: str
    private_network_uuid: str | None = None
    tags: list[str] | None = None
    storage_size_mib: int | None = None


class Resize(BaseModel):
    """What a resize takes."""

    size: str
    num_nodes: int
    storage_size_mib: int | None = None


class Upgrade(BaseModel):
    """What a major upgrade takes."""

    version: str


class Maintenance(BaseModel):
    """When updates may be installed, in UTC."""

    day: str = Field(pattern=rf"^({DAYS})$")
    hour: str = Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")


def create(call: Call) -> Object:
    new = call.read(New)
    if new.engine != "pg":
        raise refused(f"engine: the rehearsal has no {new.engine!r}, only 'pg'")
    if new.version not in cluster_plans.VERSIONS:
        raise refused(f"version: {new.version!r} is not offered. Allowed: {', '.join(cluster_plans.VERSIONS)}")
    cluster_plans.check(new.size, new.num_nodes)
    region = catalogue.check_region(new.region)
    with call.store as store:
        if any(cluster["name"] == new.name for cluster in store["databases"].values()):
            raise refused(f"name: a cluster named {new.name!r} is there already")
        vpc = vpcs.check(store, new.private_network_uuid, region)
        tags.ensure(store, new.tags or [])
        number = str(uuid4())
        cluster = {
            "id": number,
            "name": new.name,
            "version": new.version,
            "num_nodes": new.num_nodes,
            "size": new.size,
            "region": region,
            "vpc": vpc,
            "tags": new.tags or [],
            "storage_size_mib": new.storage_size_mib or cluster_plans.SIZES[new.size][1],
            "status": "creating",
            "failure": None,
            "deleting": False,
            "created_at": now(),
            "maintenance_window": {"day": "sunday", "hour": "03:00:00"},
            "rules": [],
            "endpoint": cluster_life.NOWHERE,
        }
        store["databases"][number] = cluster
        admin = {"cluster": number, "name": "doadmin", "role": "primary", "password": password(), "initial": True}
        store["database_users"][f"{number}/doadmin"] = admin
        store["database_dbs"][f"{number}/defaultdb"] = {"cluster": number, "name": "defaultdb", "initial": True}
        answer = {"database": show(store, cluster)}
    cluster_life.build(call.store, call.world, number)
    return answer


def index(call: Call) -> Object:
    tag = call.query.get("tag_name")
    with call.store as store:
        return {"databases": [show(store, cluster) for cluster in store["databases"].values() if tag is None or tag in cluster["tags"]]}


def get(call: Call) -> Object:
    with call.store as store:
        cluster = call.find("databases")
        if cluster["failure"]:
            # No status says so, and clients would wait half an hour for `online`.
            raise refused(f"the cluster could not be created: {cluster['failure']}")
        return {"database": show(store, cluster)}


def delete(call: Call) -> None:
    with call.store:
        cluster = call.find("databases")
        if cluster["status"] == "creating" and not cluster["failure"]:
            raise refused("the cluster is still being created")
        if cluster["deleting"]:
            return
        cluster["deleting"] = True
    cluster_life.delete(call.store, call.world, cluster["id"])


def resize(call: Call) -> None:
    wanted = call.read(Resize)
    cluster_plans.check(wanted.size, wanted.num_nodes)
    with call.store:
        cluster = find_online(call)
        storage = max(wanted.storage_size_mib or cluster["storage_size_mib"], cluster_plans.SIZES[wanted.size][1])
        cluster |= {"size": wanted.size, "num_nodes": wanted.num_nodes, "storage_size_mib": storage}


def upgrade(call: Call) -> None:
    version = call.read(Upgrade).version
    with call.store:
        cluster = find_online(call)
        later = [known for known in cluster_plans.VERSIONS if int(known) > int(cluster["version"])]
        if version not in later:
            raise refused(f"version: no upgrade from {cluster['version']} to {version!r}. Allowed: {', '.join(later) or 'none'}")
        cluster["version"] = version


def maintenance(call: Call) -> None:
    wanted = call.read(Maintenance)
    with call.store:
        cluster = call.find("databases")
        hour, minute, *second = wanted.hour.split(":")
        cluster["maintenance_window"] = {"day": wanted.day, "hour": f"{hour:0>2}:{minute}:{second[0] if second else '00'}"}


def ca(call: Call) -> Object:
    with call.store:
        certificate = find_online(call)["endpoint"]["ca"]
    return {"ca": {"certificate": base64.b64encode(certificate.encode()).decode()}}


def find_online(call: Call) -> Object:
    """The cluster of the path, inside `with store`. Raises ApiError 404, or 412 where it can't be worked with yet."""
    cluster = call.find("databases")
    if cluster["status"] != "online" or cluster["deleting"]:
        raise ApiError(412, f"the cluster is {cluster['status']}, not online")
    return cluster


def inside(store: Store, collection: str, cluster: str) -> list[Object]:
    """What a collection holds for a cluster. Inside `with store`."""
    return [one for one in store[collection].values() if one["cluster"] == cluster]


def find_inside(call: Call, collection: str) -> Object:
    """The user, database or pool of the path, inside `with store`. Raises ApiError 404."""
    found = call.store[collection].get(f"{call.path['id']}/{call.path['name']}")
    if found is None:
        raise not_found()
    return found


def password() -> str:
    """A new password, in the shape of the real ones."""
    return "AVNS_" + re.sub(r"\W", "x", secrets.token_urlsafe(18))


def show(store: Store, cluster: Object) -> Object:
    """A cluster as the API shows it to a token with full access: with passwords. Inside `with store`."""
    users = inside(store, "database_users", cluster["id"])
    admin = next(user for user in users if user["role"] == "primary")
    plain = ("id", "name", "version", "num_nodes", "size", "region", "status", "created_at", "tags", "storage_size_mib", "rules")
    return {
        **{name: cluster[name] for name in plain},
        "engine": "pg",
        "private_network_uuid": cluster["vpc"],
        "db_names": [database["name"] for database in inside(store, "database_dbs", cluster["id"])],
        "users": [{name: user[name] for name in ("name", "role", "password")} for user in users],
        "maintenance_window": {**cluster["maintenance_window"], "pending": False, "description": []},
        **connections.direct(cluster, database="defaultdb", user=admin),
    }


ENDPOINTS = [
    Endpoint("POST", "/v2/databases", create, 201),
    Endpoint("GET", "/v2/databases", index),
    Endpoint("GET", "/v2/databases/{id}", get),
    Endpoint("DELETE", "/v2/databases/{id}", delete, 204),
    Endpoint("PUT", "/v2/databases/{id}/resize", resize, 202),
    Endpoint("PUT", "/v2/databases/{id}/upgrade", upgrade, 204),
    Endpoint("PUT", "/v2/databases/{id}/maintenance", maintenance, 204),
    Endpoint("GET", "/v2/databases/{id}/ca", ca),
]
