"""Domains of the account. One that is made with an address starts with a record for it."""

from ipaddress import IPv4Address

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean import domain_records
from rehearsal.cloud.digitalocean.errors import refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object


class New(BaseModel):
    """What a POST takes."""

    name: str = Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")
    ip_address: IPv4Address | None = None


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        if new.name in store["domains"]:
            raise refused(f"name: a domain {new.name!r} is there already")
        store["domains"][new.name] = {"id": new.name, "name": new.name}
        if new.ip_address:
            domain_records.add(store, new.name, domain_records.New(type="A", name="@", data=str(new.ip_address)))
    domain_records.publish(call.store, call.world)
    return {"domain": _show(new.name)}


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "domains", [_show(name) for name in store["domains"]])


def get(call: Call) -> Object:
    with call.store:
        return {"domain": _show(call.find("domains", "domain")["name"])}


def delete(call: Call) -> None:
    with call.store as store:
        name = call.find("domains", "domain")["name"]
        del store["domains"][name]
        for record in domain_records.of(store, name):
            del store["domain_records"][str(record["id"])]
    domain_records.publish(call.store, call.world)


def _show(name: str) -> Object:
    return {"name": name, "ttl": 1800, "zone_file": f"$ORIGIN {name}.\n$TTL 1800\n"}


ENDPOINTS = [
    Endpoint("POST", "/v2/domains", create, 201),
    Endpoint("GET", "/v2/domains", index),
    Endpoint("GET", "/v2/domains/{domain}", get),
    Endpoint("DELETE", "/v2/domains/{domain}", delete, 204),
]
