"""DNS records. The world answers the names of all A records."""

from functools import partial
from ipaddress import AddressValueError, IPv4Address
from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean.errors import not_found, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.digitalocean.telling import check, tell
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World

ENDS_IN_DOT = ("CNAME", "MX", "NS", "SRV", "CAA")


class Change(BaseModel):
    """What a PUT or a PATCH may change: the rest stays."""

    name: str | None = None
    data: str | None = None
    priority: int | None = None
    port: int | None = None
    ttl: int = Field(default=1800, ge=30)
    weight: int | None = None
    flags: int | None = Field(default=None, ge=0, le=255)
    tag: str | None = None


class New(Change):
    """What a POST takes. `name` is below the domain, or `@` for the domain itself."""

    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"]
    name: str = "@"
    data: str = Field(min_length=1)


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        record = add(store, call.find("domains", "domain")["name"], new)
    publish(call.store, call.world)
    return {"domain_record": _show(record)}


def index(call: Call) -> Object:
    kind, name = call.query.get("type"), call.query.get("name")
    with call.store as store:
        domain = call.find("domains", "domain")["name"]
        found = [_show(record) for record in of(store, domain) if kind in (None, record["type"]) and name in (None, _full_name(record))]
        return page(call, "domain_records", found)


def get(call: Call) -> Object:
    with call.store:
        return {"domain_record": _show(_find(call))}


def update(call: Call) -> Object:
    change = call.read(Change).model_dump(exclude_unset=True, exclude_none=True)
    with call.store as store:
        record = _find(call)
        changed = record | change
        if "data" in change:
            changed["data"] = _data(record["type"], change["data"])
        store["domain_records"][str(record["id"])] = changed
    publish(call.store, call.world)
    return {"domain_record": _show(changed)}


def delete(call: Call) -> None:
    with call.store as store:
        del store["domain_records"][str(_find(call)["id"])]
    publish(call.store, call.world)


def add(store: Store, domain: str, new: New) -> Object:
    """A new record, inside `with store`. Raises ApiError 422."""
    record = {"id": store.next_id(), "domain": domain, **new.model_dump(), "data": _data(new.type, new.data)}
    same_name = [other for other in of(store, domain) if other["name"] == new.name]
    if any("CNAME" in (other["type"], new.type) for other in same_name):
        raise refused("CNAME records cannot share a name with other records")
    store["domain_records"][str(record["id"])] = record
    return record


def of(store: Store, domain: str) -> list[Object]:
    """All records of a domain. Inside `with store`."""
    return [record for record in store["domain_records"].values() if record["domain"] == domain]


def publish(store: Store, world: World) -> None:
    """Tell the world all names, if they changed. Call it outside `with store`. Raises WorldError."""
    with store.applying:
        names: dict[str, list[str]] = {}
        with store:
            for record in store["domain_records"].values():
                if record["type"] == "A":
                    names.setdefault(_full_name(record), []).append(record["data"])
        tell(store, "names", names, partial(world.set_names, names))
        check(store, "names")


def _data(kind: str, data: str) -> str:
    """What a record says, as it is kept. Raises ApiError 422."""
    if kind == "A":
        try:
            return str(IPv4Address(data))
        except AddressValueError:
            raise refused(f"data: {data!r} is no IPv4 address") from None
    if kind in ENDS_IN_DOT and data != "@":
        # DigitalOcean wants the dot, and answers without it.
        if not data.endswith("."):
            raise refused(f"Data needs to end with a dot (.): {data!r}")
        return data.removesuffix(".")
    return data


def _find(call: Call) -> Object:
    record = call.find("domain_records", "record")
    if record["domain"] != call.path["domain"]:
        raise not_found()
    return record


def _full_name(record: Object) -> str:
    domain: str = record["domain"]
    return domain if record["name"] == "@" else f"{record['name']}.{domain}"


def _show(record: Object) -> Object:
    return {name: value for name, value in record.items() if name != "domain"}


ENDPOINTS = [
    Endpoint("POST", "/v2/domains/{domain}/records", create, 201),
    Endpoint("GET", "/v2/domains/{domain}/records", index),
    Endpoint("GET", "/v2/domains/{domain}/records/{record}", get),
    Endpoint("PUT", "/v2/domains/{domain}/records/{record}", update),
    Endpoint("PATCH", "/v2/domains/{domain}/records/{record}", update),
    Endpoint("DELETE", "/v2/domains/{domain}/records/{record}", delete, 204),
]
