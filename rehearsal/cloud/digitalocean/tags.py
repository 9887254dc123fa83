"""Tags on droplets and databases. Firewalls and trusted sources may name a tag: a changed tag changes whom they mean."""

from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import firewall_rules, trusted_sources
from rehearsal.cloud.digitalocean.errors import not_found, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store

TAGGED = {"droplet": "droplets", "database": "databases"}


class New(BaseModel):
    """What a POST takes."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_\-:]+$", max_length=255)


class Resource(BaseModel):
    """One thing to tag, or to take a tag from."""

    resource_id: str
    resource_type: Literal["droplet", "database"]


class Resources(BaseModel):
    """What tagging and untagging take."""

    resources: list[Resource]


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        ensure(store, [new.name])
        return {"tag": _show(store, new.name)}


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "tags", [_show(store, name) for name in store["tags"]])


def get(call: Call) -> Object:
    with call.store as store:
        return {"tag": _show(store, call.find("tags", "name")["name"])}


def delete(call: Call) -> None:
    with call.store as store:
        name = call.find("tags", "name")["name"]
        del store["tags"][name]
        for collection in TAGGED.values():
            for thing in store[collection].values():
                thing["tags"] = [tag for tag in thing["tags"] if tag != name]
    _publish(call)


def assign(call: Call) -> None:
    with call.store:
        name = call.find("tags", "name")["name"]
        for thing in _things(call):
            thing["tags"] = [*(tag for tag in thing["tags"] if tag != name), name]
    _publish(call)


def unassign(call: Call) -> None:
    with call.store:
        name = call.find("tags", "name")["name"]
        for thing in _things(call):
            thing["tags"] = [tag for tag in thing["tags"] if tag != name]
    _publish(call)


def ensure(store: Store, names: list[str]) -> None:
    """Make the tags that are not there yet, inside `with store`."""
    for name in names:
        store["tags"].setdefault(name, {"name": name})


def check(store: Store, names: list[str]) -> None:
    """Raises ApiError 422 for a tag that is not there: whoever refers to a tag does not make it."""
    if missing := [name for name in names if name not in store["tags"]]:
        raise refused(f"the following tags do not exist: {', '.join(missing)}")


def _things(call: Call) -> list[Object]:
    found = [call.store[TAGGED[one.resource_type]].get(one.resource_id) for one in call.read(Resources).resources]
    things = [thing for thing in found if thing is not None]
    if len(things) < len(found):
        raise not_found()
    return things


def _publish(call: Call) -> None:
    firewall_rules.publish(call.store, call.world)
    trusted_sources.publish(call.store, call.world)


def _show(store: Store, name: str) -> Object:
    counts = {collection: sum(name in thing["tags"] for thing in store[collection].values()) for collection in ("droplets", "databases")}
    # Clients read the count of every kind without looking whether it is there.
    kinds = {kind: {"count": counts.get(kind, 0)} for kind in ("droplets", "images", "volumes", "volume_snapshots", "databases")}
    return {"name": name, "resources": {"count": sum(counts.values()), **kinds}}


ENDPOINTS = [
    Endpoint("POST", "/v2/tags", create, 201),
    Endpoint("GET", "/v2/tags", index),
    Endpoint("GET", "/v2/tags/{name}", get),
    Endpoint("DELETE", "/v2/tags/{name}", delete, 204),
    Endpoint("POST", "/v2/tags/{name}/resources", assign, 204),
    Endpoint("DELETE", "/v2/tags/{name}/resources", unassign, 204),
]
