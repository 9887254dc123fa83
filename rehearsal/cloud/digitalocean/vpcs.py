"""Private networks. Names are unique, ranges do not overlap, and one with members is not deleted."""

from ipaddress import IPv4Network, ip_network
from uuid import uuid4

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import catalogue
from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.errors import ApiError, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store

NAME = Field(pattern=r"^[a-zA-Z0-9\-.]+$")
DESCRIPTION = Field(default="", max_length=255)


class New(BaseModel):
    """What a POST takes."""

    name: str = NAME
    description: str = DESCRIPTION
    region: str
    ip_range: str = ""


class Update(BaseModel):
    """What a PUT takes; `default` may be sent, but no network here is the default one."""

    name: str = NAME
    description: str = DESCRIPTION


class Change(BaseModel):
    """What a PATCH takes."""

    name: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9\-.]+$")
    description: str | None = Field(default=None, max_length=255)


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        _check_name(store, new.name)
        ip_range = str(_free_range(store, new.ip_range))
    vpc = {
        "id": str(uuid4()),
        "name": new.name,
        "description": new.description,
        "region": catalogue.check_region(new.region),
        "ip_range": ip_range,
        "created_at": now(),
    }
    call.world.create_vpc(vpc["id"], ip_range=ip_range)
    with call.store as store:
        store["vpcs"][vpc["id"]] = vpc
    return {"vpc": _show(vpc)}


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "vpcs", [_show(vpc) for vpc in store["vpcs"].values()])


def get(call: Call) -> Object:
    with call.store:
        return {"vpc": _show(call.find("vpcs"))}


def update(call: Call) -> Object:
    return _change(call, call.read(Update))


def patch(call: Call) -> Object:
    return _change(call, call.read(Change))


def delete(call: Call) -> None:
    with call.store as store:
        vpc = call.find("vpcs")["id"]
        if _members(store, vpc):
            raise ApiError(403, "Can not delete VPC with members")
    call.world.delete_vpc(vpc)
    with call.store as store:
        del store["vpcs"][vpc]


def members(call: Call) -> Object:
    with call.store as store:
        return page(call, "members", _members(store, call.find("vpcs")["id"]))


def check(store: Store, vpc: str | None, region: str) -> str:
    """The network for a new member, inside `with store`. Raises ApiError 422 where there is none, or in another region."""
    if not vpc:
        raise refused("the rehearsal has no default VPC: name the VPC")
    if vpc not in store["vpcs"] or store["vpcs"][vpc]["region"] != region:
        raise refused(f"VPC {vpc} does not exist in the region {region}")
    return vpc


def _change(call: Call, change: Update | Change) -> Object:
    with call.store as store:
        vpc = call.find("vpcs")
        if change.name not in (None, vpc["name"]):
            _check_name(store, str(change.name))
        vpc |= change.model_dump(exclude_none=True)
        return {"vpc": _show(vpc)}


def _check_name(store: Store, name: str) -> None:
    if any(vpc["name"] == name for vpc in store["vpcs"].values()):
        raise refused(f"The VPC name must be unique: {name!r} is in use")


def _free_range(store: Store, wanted: str) -> IPv4Network:
    """The wanted range, or the first free /20 of 10.0.0.0/8. Raises ApiError 422."""
    taken = [IPv4Network(vpc["ip_range"]) for vpc in store["vpcs"].values()]
    if not wanted:
        candidates = IPv4Network("10.96.0.0/11").subnets(new_prefix=20)
        return next(network for network in candidates if not any(network.overlaps(other) for other in taken))
    try:
        network = ip_network(wanted)
    except ValueError:
        raise refused(f"ip_range: {wanted!r} is no IPv4 network; give one such as 10.10.0.0/20") from None
    if not isinstance(network, IPv4Network) or not network.is_private or not 16 <= network.prefixlen <= 28:
        raise refused(f"ip_range: {wanted!r} is not allowed; it must be a private IPv4 network from /16 to /28")
    if any(network.overlaps(other) for other in taken):
        raise refused("This range/size overlaps with another VPC network in your account")
    return network


def _members(store: Store, vpc: str) -> list[Object]:
    kinds = [("droplet", "droplets"), ("dbaas", "databases")]
    found = [(kind, member) for kind, collection in kinds for member in store[collection].values() if member["vpc"] == vpc]
    return [{"name": one["name"], "urn": f"do:{kind}:{one['id']}", "created_at": one["created_at"]} for kind, one in found]


def _show(vpc: Object) -> Object:
    return {**vpc, "urn": f"do:vpc:{vpc['id']}", "default": False}


ENDPOINTS = [
    Endpoint("POST", "/v2/vpcs", create, 201),
    Endpoint("GET", "/v2/vpcs", index),
    Endpoint("GET", "/v2/vpcs/{id}", get),
    Endpoint("PUT", "/v2/vpcs/{id}", update),
    Endpoint("PATCH", "/v2/vpcs/{id}", patch),
    Endpoint("DELETE", "/v2/vpcs/{id}", delete, 204),
    Endpoint("GET", "/v2/vpcs/{id}/members", members),
]
