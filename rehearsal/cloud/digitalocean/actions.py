"""Actions: what was asked of a droplet or a reserved IP, and how it went."""

from typing import Any

from rehearsal.cloud.digitalocean import catalogue
from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store


def begin(store: Store, kind: str, *, resource_type: str, resource_id: int, region: str) -> Object:
    """A new action, in progress. Inside `with store`."""
    number = store.next_id()
    store["actions"][str(number)] = {
        "id": number,
        "status": "in-progress",
        "type": kind,
        "started_at": now(),
        "completed_at": None,
        "resource_id": resource_id,
        "resource_type": resource_type,
        "region_slug": region,
    }
    return store["actions"][str(number)]


def finish(store: Store, action: int, *, failed: bool = False) -> None:
    """An action that is over. Inside `with store`."""
    store["actions"][str(action)] |= {"status": "errored" if failed else "completed", "completed_at": now()}


def of(store: Store, resource_type: str, resource_id: int) -> list[Object]:
    """All actions of one resource, the newest first. Inside `with store`."""
    wanted = (resource_type, resource_id)
    return [action for action in reversed(store["actions"].values()) if (action["resource_type"], action["resource_id"]) == wanted]


def show(action: Object) -> Object:
    """An action as the API shows it."""
    return {**action, "region": catalogue.region(action["region_slug"])}


def link(call: Call, action: Object) -> dict[str, Any]:
    """The link to an action that an answer about its resource carries."""
    root = call.url.partition("/v2/")[0]
    return {"id": action["id"], "rel": action["type"], "href": f"{root}/v2/actions/{action['id']}"}


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "actions", [show(action) for action in reversed(store["actions"].values())])


def get(call: Call) -> Object:
    with call.store:
        return {"action": show(call.find("actions"))}


ENDPOINTS = [
    Endpoint("GET", "/v2/actions", index),
    Endpoint("GET", "/v2/actions/{id}", get),
]
