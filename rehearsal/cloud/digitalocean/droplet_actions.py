"""What can be done to a droplet: power, size, name, backups. One action at a time, as at DigitalOcean."""

from functools import partial
from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import actions, catalogue, droplets, firewall_rules, jobs, telling
from rehearsal.cloud.digitalocean.errors import not_found, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World

POWER = {"power_on": [True], "power_off": [False], "shutdown": [False], "reboot": [False, True], "power_cycle": [False, True]}
"""Action -> the switches it throws, one after the other; True is on."""


class Wanted(BaseModel):
    """What a POST takes; which other fields count depends on the type."""

    type: Literal["power_on", "power_off", "shutdown", "reboot", "power_cycle", "resize", "rename", "enable_backups", "disable_backups"]
    size: str | None = None
    disk: bool = False
    name: str | None = Field(default=None, pattern=droplets.NAME, max_length=255)


def create(call: Call) -> Object:
    wanted = call.read(Wanted)
    with call.store as store:
        droplet = call.find("droplets")
        if droplet["locked"]:
            raise refused("Droplet already has a pending event.")
        change = _change(droplet, wanted)
        action = actions.begin(store, wanted.type, resource_type="droplet", resource_id=droplet["id"], region=droplet["region"])
        if wanted.type in POWER:
            droplet["locked"] = True
        else:
            droplet |= change
            actions.finish(store, action["id"])
        answer = {"action": actions.show(action)}
    if wanted.type in POWER:
        work = partial(_power, call.store, call.world, droplet["id"], wanted.type, action["id"])
        jobs.start(f"{wanted.type} of droplet {droplet['id']}", work)
    return answer


def index(call: Call) -> Object:
    with call.store as store:
        found = actions.of(store, "droplet", call.find("droplets")["id"])
        return page(call, "actions", [actions.show(action) for action in found])


def get(call: Call) -> Object:
    with call.store:
        droplet, action = call.find("droplets"), call.find("actions", "action")
        if (action["resource_type"], action["resource_id"]) != ("droplet", droplet["id"]):
            raise not_found()
        return {"action": actions.show(action)}


def resume(store: Store, world: World) -> None:
    """Finish the switching that was under way when the process ended."""
    with store:
        cut_off = [
            action
            for action in store["actions"].values()
            if action["status"] == "in-progress" and action["type"] in POWER and str(action["resource_id"]) in store["droplets"]
        ]
    for action in cut_off:
        work = partial(_power, store, world, action["resource_id"], action["type"], action["id"])
        jobs.start(f"{action['type']} of droplet {action['resource_id']}", work)


def _change(droplet: Object, wanted: Wanted) -> Object:
    """What the action changes in the droplet's record. Raises ApiError 422."""
    match wanted.type:
        case "power_on" if droplet["status"] == "active":
            raise refused("Droplet is already powered on.")
        case "power_off" | "shutdown" if droplet["status"] == "off":
            raise refused("Droplet is already powered off.")
        case "rename":
            if not wanted.name:
                raise refused("name: Field required")
            return {"name": wanted.name}
        case "resize":
            if droplet["status"] != "off":
                raise refused("You must power off the Droplet before resizing.")
            size = catalogue.check_size(wanted.size or "")
            disk = catalogue.SIZES[size][2]
            if disk < droplet["disk"]:
                raise refused("This size is not available, because the disk cannot become smaller.")
            return {"size": size, "disk": disk if wanted.disk else droplet["disk"]}
        case "enable_backups" | "disable_backups":
            return {"backups": wanted.type == "enable_backups"}
        case _:
            return {}


def _power(store: Store, world: World, number: int, kind: str, action: int) -> None:
    try:
        for on in POWER[kind]:
            with store.applying:
                telling.forget(store, firewall_rules.subject(number))
                with store:
                    store["droplets"][str(number)]["status"] = "off"
            world.power(number, on=on)
            with store:
                store["droplets"][str(number)]["status"] = "active" if on else "off"
        firewall_rules.publish(store, world)
        telling.check(store, firewall_rules.subject(number))
    except Exception:
        _done(store, number, action, failed=True)
        raise
    _done(store, number, action, failed=False)


def _done(store: Store, number: int, action: int, *, failed: bool) -> None:
    with store:
        store["droplets"][str(number)]["locked"] = False
        actions.finish(store, action, failed=failed)


ENDPOINTS = [
    Endpoint("POST", "/v2/droplets/{id}/actions", create, 201),
    Endpoint("GET", "/v2/droplets/{id}/actions", index),
    Endpoint("GET", "/v2/droplets/{id}/actions/{action}", get),
]
