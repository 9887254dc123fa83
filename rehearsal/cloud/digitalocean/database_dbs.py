"""Databases in a cluster; `defaultdb` is there from the start."""

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import clusters
from rehearsal.cloud.digitalocean.errors import ApiError
from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object


class New(BaseModel):
    """What a POST takes."""

    name: str = Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_-]{0,62}$")


def create(call: Call) -> Object:
    name = call.read(New).name
    with call.store as store:
        cluster = clusters.find_online(call)["id"]
        if f"{cluster}/{name}" in store["database_dbs"]:
            raise ApiError(409, f"a database named {name!r} is there already")
    call.world.create_database(cluster, name)
    with call.store as store:
        store["database_dbs"][f"{cluster}/{name}"] = {"cluster": cluster, "name": name}
    return {"db": {"name": name}}


def index(call: Call) -> Object:
    with call.store as store:
        found = clusters.inside(store, "database_dbs", call.find("databases")["id"])
        return {"dbs": [{"name": database["name"]} for database in found]}


def get(call: Call) -> Object:
    with call.store:
        return {"db": {"name": clusters.find_inside(call, "database_dbs")["name"]}}


def delete(call: Call) -> None:
    with call.store:
        cluster = clusters.find_online(call)["id"]
        name = clusters.find_inside(call, "database_dbs")["name"]
    call.world.delete_database(cluster, name)
    with call.store as store:
        del store["database_dbs"][f"{cluster}/{name}"]


ENDPOINTS = [
    Endpoint("POST", "/v2/databases/{id}/dbs", create, 201),
    Endpoint("GET", "/v2/databases/{id}/dbs", index),
    Endpoint("GET", "/v2/databases/{id}/dbs/{name}", get),
    Endpoint("DELETE", "/v2/databases/{id}/dbs/{name}", delete, 204),
]
