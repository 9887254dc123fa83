"""Connection pools (PgBouncer). One without a user connects as whoever connects to it."""

from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import cluster_plans, clusters, connections
from rehearsal.cloud.digitalocean.errors import ApiError, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import Pool


class Change(BaseModel):
    """What a PUT takes."""

    mode: Literal["transaction", "session", "statement"]
    size: int = Field(ge=1)
    db: str
    user: str = ""


class New(Change):
    """What a POST takes."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62}$")


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        cluster = clusters.find_online(call)
        if f"{cluster['id']}/{new.name}" in store["database_pools"]:
            raise ApiError(409, f"a connection pool named {new.name!r} is there already")
    pool = _set(call, cluster, {"cluster": cluster["id"], **new.model_dump()})
    with call.store as store:
        return {"pool": _show(store, cluster, pool)}


def index(call: Call) -> Object:
    with call.store as store:
        cluster = call.find("databases")
        return {"pools": [_show(store, cluster, pool) for pool in clusters.inside(store, "database_pools", cluster["id"])]}


def get(call: Call) -> Object:
    with call.store as store:
        return {"pool": _show(store, call.find("databases"), clusters.find_inside(call, "database_pools"))}


def update(call: Call) -> None:
    change = call.read(Change)
    with call.store:
        cluster, pool = clusters.find_online(call), clusters.find_inside(call, "database_pools")
    _set(call, cluster, pool | change.model_dump())


def delete(call: Call) -> None:
    with call.store as store:
        cluster, pool = clusters.find_online(call)["id"], clusters.find_inside(call, "database_pools")
        others = [other for other in clusters.inside(store, "database_pools", cluster) if other["name"] != pool["name"]]
    call.world.set_pools(cluster, [_world(other) for other in others])
    with call.store as store:
        del store["database_pools"][f"{cluster}/{pool['name']}"]


def _set(call: Call, cluster: Object, pool: Object) -> Object:
    """The pool in the world and then in the record. Raises ApiError 422 for a database or user that is not there."""
    with call.store as store:
        if f"{cluster['id']}/{pool['db']}" not in store["database_dbs"]:
            raise refused(f"db: the cluster has no database {pool['db']!r}")
        if pool["user"] and f"{cluster['id']}/{pool['user']}" not in store["database_users"]:
            raise refused(f"user: the cluster has no user {pool['user']!r}")
        pools = [other for other in clusters.inside(store, "database_pools", cluster["id"]) if other["name"] != pool["name"]] + [pool]
    limit, wanted = cluster_plans.connection_limit(cluster["size"]), sum(one["size"] for one in pools)
    if wanted > limit:
        raise refused(f"size: {wanted} connections for all pools, and a {cluster['size']} has {limit}")
    call.world.set_pools(cluster["id"], [_world(one) for one in pools])
    with call.store as store:
        store["database_pools"][f"{cluster['id']}/{pool['name']}"] = pool
    return pool


def _world(pool: Object) -> Pool:
    return Pool(name=pool["name"], database=pool["db"], user=pool["user"] or None, mode=pool["mode"], size=pool["size"])


def _show(store: Store, cluster: Object, pool: Object) -> Object:
    user = store["database_users"][f"{cluster['id']}/{pool['user'] or 'doadmin'}"]
    plain = ("name", "mode", "size", "db", "user")
    return {**{name: pool[name] for name in plain}, **connections.pooled(cluster, pool=pool["name"], user=user)}


ENDPOINTS = [
    Endpoint("POST", "/v2/databases/{id}/pools", create, 201),
    Endpoint("GET", "/v2/databases/{id}/pools", index),
    Endpoint("GET", "/v2/databases/{id}/pools/{name}", get),
    Endpoint("PUT", "/v2/databases/{id}/pools/{name}", update, 204),
    Endpoint("DELETE", "/v2/databases/{id}/pools/{name}", delete, 204),
]
