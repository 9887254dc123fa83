"""Login users of a cluster. The service makes the passwords, and shows them again and again."""

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import clusters
from rehearsal.cloud.digitalocean.errors import ApiError, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object


class New(BaseModel):
    """What a POST takes."""

    name: str = Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_.-]{0,62}$")


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        cluster = clusters.find_online(call)["id"]
        if f"{cluster}/{new.name}" in store["database_users"]:
            raise ApiError(409, f"a user named {new.name!r} is there already")
    user = {"cluster": cluster, "name": new.name, "role": "normal", "password": clusters.password()}
    return _set(call, user)


def index(call: Call) -> Object:
    with call.store as store:
        return {"users": [_show(user) for user in clusters.inside(store, "database_users", call.find("databases")["id"])]}


def get(call: Call) -> Object:
    with call.store:
        return {"user": _show(clusters.find_inside(call, "database_users"))}


def reset(call: Call) -> Object:
    with call.store:
        clusters.find_online(call)
        user = clusters.find_inside(call, "database_users")
    return _set(call, {**user, "password": clusters.password()})


def delete(call: Call) -> None:
    with call.store as store:
        cluster, user = clusters.find_online(call)["id"], clusters.find_inside(call, "database_users")
        if user["role"] == "primary":
            raise ApiError(403, "the primary user can not be deleted")
        pools = [pool["name"] for pool in clusters.inside(store, "database_pools", cluster) if pool["user"] == user["name"]]
        if pools:
            raise refused(f"the user is in use by the connection pools {', '.join(pools)}")
    call.world.delete_user(cluster, user["name"])
    with call.store as store:
        del store["database_users"][f"{cluster}/{user['name']}"]


def _set(call: Call, user: Object) -> Object:
    call.world.set_user(user["cluster"], user["name"], user["password"])
    with call.store as store:
        store["database_users"][f"{user['cluster']}/{user['name']}"] = user
    return {"user": _show(user)}


def _show(user: Object) -> Object:
    return {name: user[name] for name in ("name", "role", "password")}


ENDPOINTS = [
    Endpoint("POST", "/v2/databases/{id}/users", create, 201),
    Endpoint("GET", "/v2/databases/{id}/users", index),
    Endpoint("GET", "/v2/databases/{id}/users/{name}", get),
    Endpoint("DELETE", "/v2/databases/{id}/users/{name}", delete, 204),
    Endpoint("POST", "/v2/databases/{id}/users/{name}/reset_auth", reset),
]
