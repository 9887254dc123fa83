"""Droplets. Names are not unique; a new one is `new` and locked until it has booted (see droplet_life.py)."""

from ipaddress import IPv4Network

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import actions, catalogue, droplet_life, ssh_keys, tags, vpcs
from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.errors import ApiError, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store

NAME = r"^[a-zA-Z0-9]?[a-z0-9A-Z.\-]*[a-z0-9A-Z]$"


class New(BaseModel):
    """What a POST takes: one droplet."""

    name: str = Field(pattern=NAME, max_length=255)
    region: str
    size: str
    image: str | int
    ssh_keys: list[str | int] | None = None
    backups: bool = False
    ipv6: bool = False
    monitoring: bool = False
    tags: list[str] | None = None
    user_data: str | None = None
    vpc_uuid: str | None = None


def create(call: Call) -> Object:
    new = call.read(New)
    region, size, image = catalogue.check_region(new.region), catalogue.check_size(new.size), catalogue.check_image(new.image)
    if new.ipv6:
        raise refused("ipv6: the rehearsal's droplets have IPv4 alone")
    with call.store as store:
        public_keys = [_public_key(store, key) for key in new.ssh_keys or []]
        vpc = vpcs.check(store, new.vpc_uuid, region)
        tags.ensure(store, new.tags or [])
        number = store.next_id()
        action = actions.begin(store, "create", resource_type="droplet", resource_id=number, region=region)
        droplet = {
            "id": number,
            "name": new.name,
            "region": region,
            "size": size,
            "disk": catalogue.SIZES[size][2],
            "image": image,
            "vpc": vpc,
            "tags": new.tags or [],
            "backups": new.backups,
            "monitoring": new.monitoring,
            "created_at": now(),
            "status": "new",
            "locked": True,
            "deleting": False,
            "addresses": None,
            "boot": {"action": action["id"], "user_data": new.user_data or "", "public_keys": public_keys},
        }
        store["droplets"][str(number)] = droplet
        answer = {"droplet": show(store, droplet), "links": {"actions": [actions.link(call, action)]}}
    droplet_life.boot(call.store, call.world, number)
    return answer


def index(call: Call) -> Object:
    name, tag = call.query.get("name"), call.query.get("tag_name")
    with call.store as store:
        found = [
            show(store, droplet)
            for droplet in store["droplets"].values()
            if name in (None, droplet["name"]) and (tag is None or tag in droplet["tags"])
        ]
        return page(call, "droplets", found)


def get(call: Call) -> Object:
    with call.store as store:
        return {"droplet": show(store, call.find("droplets"))}


def delete(call: Call) -> None:
    with call.store:
        droplet = call.find("droplets")
        if droplet["locked"]:
            raise refused("Droplet already has a pending event.")
        droplet |= {"locked": True, "deleting": True}
    droplet_life.delete(call.store, call.world, droplet["id"])


def show(store: Store, droplet: Object) -> Object:
    """A droplet as the API shows it. Inside `with store`."""
    memory, vcpus, *_ = catalogue.SIZES[droplet["size"]]
    flags = [flag for flag in ("backups", "monitoring") if droplet[flag]]
    return {
        "id": droplet["id"],
        "name": droplet["name"],
        "memory": memory,
        "vcpus": vcpus,
        "disk": droplet["disk"],
        "locked": droplet["locked"],
        "status": droplet["status"],
        "kernel": None,
        "created_at": droplet["created_at"],
        "features": [*flags, "droplet_agent", "private_networking"],
        "backup_ids": [],
        "next_backup_window": None,
        "snapshot_ids": [],
        "image": catalogue.image(droplet["image"]),
        "volume_ids": [],
        "size": catalogue.size(droplet["size"]),
        "size_slug": droplet["size"],
        "networks": {"v4": _networks(store, droplet), "v6": []},
        "region": catalogue.region(droplet["region"]),
        "tags": droplet["tags"],
        "vpc_uuid": droplet["vpc"],
    }


def _networks(store: Store, droplet: Object) -> list[Object]:
    addresses = droplet["addresses"]
    if not addresses:
        return []
    masks = {"public": "255.255.255.0", "private": str(IPv4Network(store["vpcs"][droplet["vpc"]]["ip_range"]).netmask)}
    return [
        {"ip_address": addresses[side], "netmask": mask, "gateway": addresses[f"{side}_gateway"], "type": side}
        for side, mask in masks.items()
    ]


def _public_key(store: Store, identifier: str | int) -> str:
    try:
        found: str = ssh_keys.find(store, identifier)["public_key"]
    except ApiError:
        raise refused(f"{identifier} are invalid key identifiers for Droplet creation.") from None
    return found


ENDPOINTS = [
    Endpoint("POST", "/v2/droplets", create, 202),
    Endpoint("GET", "/v2/droplets", index),
    Endpoint("GET", "/v2/droplets/{id}", get),
    Endpoint("DELETE", "/v2/droplets/{id}", delete, 204),
]
