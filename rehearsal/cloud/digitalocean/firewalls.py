"""Cloud firewalls. Several may apply to a droplet: their rules add up. What no rule allows is blocked, in both directions."""

from ipaddress import ip_network
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field, field_validator

from rehearsal.cloud.digitalocean import firewall_rules, tags
from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.errors import refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.digitalocean.telling import failed
from rehearsal.cloud.store import Object, Store

PORTS = r"^(all|0|\d{1,5}(-\d{1,5})?)$"


class Target(BaseModel):
    """Whom a rule means: the sum of all that is named. Clients send `null` for an empty list."""

    addresses: list[str] | None = None
    droplet_ids: list[int] | None = None
    tags: list[str] | None = None
    load_balancer_uids: list[str] | None = None
    kubernetes_ids: list[str] | None = None

    @field_validator("addresses")
    @classmethod
    def _are_networks(cls, values: list[str] | None) -> list[str] | None:
        for value in values or []:
            ip_network(value, strict=False)
        return values


class Rule(BaseModel):
    """Protocol and ports: one, a range, or `all`, which DigitalOcean answers as `0`."""

    protocol: Literal["tcp", "udp", "icmp"]
    ports: str = Field(default="0", pattern=PORTS)

    @field_validator("ports")
    @classmethod
    def _all_is_zero(cls, value: str) -> str:
        return "0" if value == "all" else value


class Inbound(Rule):
    """What may come in."""

    sources: Target


class Outbound(Rule):
    """What may go out."""

    destinations: Target


class Wanted(BaseModel):
    """A whole firewall, as POST and PUT take it."""

    name: str = Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.-]+$")
    inbound_rules: list[Inbound] | None = None
    outbound_rules: list[Outbound] | None = None
    droplet_ids: list[int] | None = None
    tags: list[str] | None = None


def create(call: Call) -> Object:
    firewall = {"id": str(uuid4()), "created_at": now()}
    return _put(call, firewall)


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "firewalls", [_show(store, firewall) for firewall in store["firewalls"].values()])


def get(call: Call) -> Object:
    with call.store as store:
        return {"firewall": _show(store, call.find("firewalls"))}


def update(call: Call) -> Object:
    with call.store:
        firewall = call.find("firewalls")
    return _put(call, firewall)


def delete(call: Call) -> None:
    with call.store as store:
        del store["firewalls"][call.find("firewalls")["id"]]
    firewall_rules.publish(call.store, call.world)


def of_droplet(call: Call) -> Object:
    with call.store as store:
        droplet = call.find("droplets")
        found = [firewall for firewall in store["firewalls"].values() if firewall_rules.applies(firewall, droplet)]
        return page(call, "firewalls", [_show(store, firewall) for firewall in found])


def _put(call: Call, firewall: Object) -> Object:
    """The firewall with the rules of the request, which replace all it had."""
    wanted = call.read(Wanted)
    inbound = [_rule(rule, "sources", rule.sources) for rule in wanted.inbound_rules or []]
    outbound = [_rule(rule, "destinations", rule.destinations) for rule in wanted.outbound_rules or []]
    if not inbound and not outbound:
        raise refused("the firewall must have at least one rule")
    with call.store as store:
        if any(other["name"] == wanted.name and other["id"] != firewall["id"] for other in store["firewalls"].values()):
            raise refused(f"duplicate name: a firewall named {wanted.name!r} is there already")
        targets = [rule[side] for rules, side in ((inbound, "sources"), (outbound, "destinations")) for rule in rules]
        tags.check(store, [*(wanted.tags or []), *(tag for target in targets for tag in target["tags"])])
        _check_droplets(store, [*(wanted.droplet_ids or []), *(number for target in targets for number in target["droplet_ids"])])
        firewall |= {
            "name": wanted.name,
            "inbound_rules": inbound,
            "outbound_rules": outbound,
            "droplet_ids": wanted.droplet_ids or [],
            "tags": wanted.tags or [],
        }
        store["firewalls"][firewall["id"]] = firewall
    firewall_rules.publish(call.store, call.world)
    with call.store as store:
        return {"firewall": _show(store, firewall)}


def _rule(rule: Rule, side: str, target: Target) -> Object:
    whom = {name: values or [] for name, values in target.model_dump().items()}
    if not any(whom.values()):
        raise refused(f"a rule for {rule.protocol} {rule.ports} has no {side}: name addresses, tags or droplet_ids")
    return {"protocol": rule.protocol, "ports": rule.ports, side: whom}


def _check_droplets(store: Store, numbers: list[int]) -> None:
    if missing := [number for number in numbers if str(number) not in store["droplets"]]:
        raise refused(f"the following droplets do not exist: {', '.join(map(str, missing))}")


def _has_failed(store: Store, firewall: Object) -> bool:
    """Whether the rules did not reach a droplet that they are for."""
    meant = [droplet for droplet in store["droplets"].values() if firewall_rules.applies(firewall, droplet)]
    return any(failed(store, firewall_rules.subject(droplet["id"])) for droplet in meant)


def _show(store: Store, firewall: Object) -> Object:
    """A firewall as the API shows it. Inside `with store`."""

    def rules(side: str, target: str) -> list[Object]:
        return [{**rule, target: {name: values for name, values in rule[target].items() if values}} for rule in firewall[side]]

    return {
        **firewall,
        "status": "failed" if _has_failed(store, firewall) else "succeeded",
        "pending_changes": [],
        "inbound_rules": rules("inbound_rules", "sources"),
        "outbound_rules": rules("outbound_rules", "destinations"),
    }


ENDPOINTS = [
    Endpoint("POST", "/v2/firewalls", create, 202),
    Endpoint("GET", "/v2/firewalls", index),
    Endpoint("GET", "/v2/firewalls/{id}", get),
    Endpoint("PUT", "/v2/firewalls/{id}", update),
    Endpoint("DELETE", "/v2/firewalls/{id}", delete, 204),
    Endpoint("GET", "/v2/droplets/{id}/firewalls", of_droplet),
]
