"""Reserved IPs: an address that stays, on one droplet at a time. One droplet holds one at most."""

from ipaddress import IPv4Address
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from rehearsal.cloud.digitalocean import actions, catalogue, droplets
from rehearsal.cloud.digitalocean.errors import not_found, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store

PROJECT = str(UUID(int=0))
"""There are no projects here: every reserved IP is in this one."""


class New(BaseModel):
    """What a POST takes: a region, or a droplet to be assigned to at once."""

    region: str | None = None
    droplet_id: int | None = None


class Wanted(BaseModel):
    """What an action takes."""

    type: Literal["assign", "unassign"]
    droplet_id: int | None = None


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        droplet = _free_droplet(store, new.droplet_id) if new.droplet_id is not None else None
    region = catalogue.check_region(droplet["region"] if droplet else new.region or "")
    ip = call.world.reserve_ip()
    with call.store as store:
        reserved = {"ip": ip, "region": region, "droplet": None}
        store["reserved_ips"][ip] = reserved
    links: Object = {"droplets": [], "actions": []}
    if droplet:
        links["actions"] = [actions.link(call, _move(call, ip, droplet["id"], "assign_ip"))]
    with call.store as store:
        return {"reserved_ip": _show(store, store["reserved_ips"][ip]), "links": links}


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "reserved_ips", [_show(store, reserved) for reserved in store["reserved_ips"].values()])


def get(call: Call) -> Object:
    with call.store as store:
        return {"reserved_ip": _show(store, call.find("reserved_ips", "ip"))}


def delete(call: Call) -> None:
    with call.store:
        reserved = call.find("reserved_ips", "ip")
    if reserved["droplet"]:
        call.world.assign_ip(reserved["ip"], None)
    call.world.release_ip(reserved["ip"])
    with call.store as store:
        del store["reserved_ips"][reserved["ip"]]


def act(call: Call) -> Object:
    wanted = call.read(Wanted)
    with call.store as store:
        reserved = call.find("reserved_ips", "ip")
        if wanted.type == "assign":
            if wanted.droplet_id is None:
                raise refused("droplet_id: Field required")
            droplet = _free_droplet(store, wanted.droplet_id, reserved["ip"])
            if droplet["region"] != reserved["region"]:
                raise refused("The Droplet and the reserved IP must be in the same region.")
        elif not reserved["droplet"]:
            raise refused("The reserved IP is not assigned to a Droplet.")
    target = wanted.droplet_id if wanted.type == "assign" else None
    return {"action": _show_action(_move(call, reserved["ip"], target, f"{wanted.type}_ip"))}


def action_index(call: Call) -> Object:
    with call.store as store:
        found = actions.of(store, "reserved_ip", _number(call.find("reserved_ips", "ip")["ip"]))
        return page(call, "actions", [_show_action(action) for action in found])


def action_get(call: Call) -> Object:
    with call.store:
        reserved, action = call.find("reserved_ips", "ip"), call.find("actions", "action")
        if (action["resource_type"], action["resource_id"]) != ("reserved_ip", _number(reserved["ip"])):
            raise not_found()
        return {"action": _show_action(action)}


def _move(call: Call, ip: str, droplet: int | None, kind: str) -> Object:
    """Assign the IP to a droplet, or to none, in the world and then in the record. Raises WorldError."""
    call.world.assign_ip(ip, droplet)
    with call.store as store:
        reserved = store["reserved_ips"][ip]
        reserved["droplet"] = droplet
        action = actions.begin(store, kind, resource_type="reserved_ip", resource_id=_number(ip), region=reserved["region"])
        actions.finish(store, action["id"])
        return dict(action)


def _free_droplet(store: Store, number: int, ip: str | None = None) -> Object:
    """A droplet that may take a reserved IP now. Raises ApiError 422."""
    droplet = store["droplets"].get(str(number))
    if droplet is None:
        raise refused(f"Droplet {number} does not exist.")
    if droplet["locked"]:
        raise refused("Droplet already has a pending event.")
    if not droplet["addresses"]:
        raise refused(f"Droplet {number} has not booted.")
    if any(other["droplet"] == number and other["ip"] != ip for other in store["reserved_ips"].values()):
        raise refused("The Droplet already has a reserved IP assigned.")
    return droplet


def _number(ip: str) -> int:
    """An address as the number that its actions carry, as DigitalOcean's do."""
    return int(IPv4Address(ip))


def _show(store: Store, reserved: Object) -> Object:
    droplet = store["droplets"].get(str(reserved["droplet"]))
    return {
        "ip": reserved["ip"],
        "region": catalogue.region(reserved["region"]),
        "droplet": droplets.show(store, droplet) if droplet else None,
        "locked": False,
        "project_id": PROJECT,
    }


def _show_action(action: Object) -> Object:
    return {**actions.show(action), "project_id": PROJECT}


ENDPOINTS = [
    Endpoint("POST", "/v2/reserved_ips", create, 202),
    Endpoint("GET", "/v2/reserved_ips", index),
    Endpoint("GET", "/v2/reserved_ips/{ip}", get),
    Endpoint("DELETE", "/v2/reserved_ips/{ip}", delete, 204),
    Endpoint("POST", "/v2/reserved_ips/{ip}/actions", act, 201),
    Endpoint("GET", "/v2/reserved_ips/{ip}/actions", action_index),
    Endpoint("GET", "/v2/reserved_ips/{ip}/actions/{action}", action_get),
]
