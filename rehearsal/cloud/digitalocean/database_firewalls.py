"""Trusted sources of a database cluster: one list of rules for the whole cluster, none means everybody."""

from ipaddress import ip_network
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel

from rehearsal.cloud.digitalocean import clusters, telling, trusted_sources
from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.errors import refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object, Store


class Rule(BaseModel):
    """One source. `value` is an address or range, a tag, or the number or id of the thing."""

    type: Literal["droplet", "k8s", "ip_addr", "tag", "app"]
    value: str
    description: str = ""


class Rules(BaseModel):
    """All sources from now on."""

    rules: list[Rule]


def get(call: Call) -> Object:
    with call.store:
        cluster = call.find("databases")
        return {"rules": cluster["rules"]}


def put(call: Call) -> None:
    wanted = call.read(Rules)
    with call.store as store:
        cluster = clusters.find_online(call)
        known = {(rule["type"], rule["value"]): rule for rule in cluster["rules"]}
        for rule in wanted.rules:
            _check(store, rule)
        cluster["rules"] = [
            known.get((rule.type, rule.value))
            or {"uuid": str(uuid4()), "cluster_uuid": cluster["id"], "created_at": now(), **rule.model_dump()}
            for rule in wanted.rules
        ]
    trusted_sources.publish(call.store, call.world)
    telling.check(call.store, trusted_sources.subject(cluster["id"]))


def _check(store: Store, rule: Rule) -> None:
    match rule.type:
        case "ip_addr":
            try:
                ip_network(rule.value, strict=False)
            except ValueError:
                raise refused(f"{rule.value!r} is no IP address or range") from None
        case "droplet" if rule.value not in store["droplets"]:
            raise refused(f"droplet {rule.value!r} does not exist")


ENDPOINTS = [
    Endpoint("GET", "/v2/databases/{id}/firewall", get),
    Endpoint("PUT", "/v2/databases/{id}/firewall", put, 204),
]
