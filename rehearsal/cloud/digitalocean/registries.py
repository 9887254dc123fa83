"""The container registry: one an account, under its old paths (`/v2/registry`) and its new ones (`/v2/registries`).

A repository's path is one percent-encoded segment at DigitalOcean (`my%2Frepo`); a plain slash is taken as well here.
"""

from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.errors import ApiError, not_found
from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object, Store

MIB = 1024**2
Tier = Literal["starter", "basic", "professional"]
# name, repositories (0: no limit), storage, cents a month, may storage go over it
TIERS = {
    "starter": ("Starter", 1, 500 * MIB, 0, False),
    "basic": ("Basic", 5, 5 * 1024 * MIB, 500, True),
    "professional": ("Professional", 0, 100 * 1024 * MIB, 2000, True),
}


class New(BaseModel):
    """What a POST takes."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,63}$")
    subscription_tier_slug: Tier = "starter"
    region: Literal["nyc3", "sfo3", "sfo2", "ams3", "sgp1", "fra1", "blr1", "syd1"] = "nyc3"


class Subscription(BaseModel):
    """What a change of the plan takes."""

    tier_slug: Tier


def create(call: Call) -> Object:
    new = call.read(New)
    with call.store as store:
        if store["registries"]:
            raise ApiError(409, "registry already exists: an account has one, under one name")
        registry = {"id": new.name, "name": new.name, "region": new.region, "tier": new.subscription_tier_slug, "created_at": now()}
        store["registries"][new.name] = registry | {"subscribed_at": registry["created_at"]}
        return {"registry": _show(store["registries"][new.name])}


def index(call: Call) -> Object:
    with call.store as store:
        return {"registries": [_show(registry) for registry in store["registries"].values()]}


def get(call: Call) -> Object:
    with call.store:
        return {"registry": _show(call.find("registries", "name"))}


def get_only(call: Call) -> Object:
    with call.store as store:
        return {"registry": _show(only(store))}


def delete(call: Call) -> None:
    with call.store as store:
        del store["registries"][call.find("registries", "name")["name"]]


def delete_only(call: Call) -> None:
    with call.store as store:
        del store["registries"][only(store)["name"]]


def delete_tag(call: Call) -> None:
    """Of a repository that was pushed to below the registry's name. No manifest goes with it: that takes a garbage collection."""
    with call.store:
        registry = call.find("registries", "name")["name"]
    repository, tag = f"{registry}/{call.path['repository']}", call.path["tag"]
    if tag not in call.world.tags(repository):
        raise not_found()
    call.world.remove_tag(repository, tag)


def subscription(call: Call) -> Object:
    with call.store as store:
        return {"subscription": _subscription(only(store))}


def subscribe(call: Call) -> Object:
    wanted = call.read(Subscription)
    with call.store as store:
        registry = only(store)
        registry |= {"tier": wanted.tier_slug, "subscribed_at": now()}
        return {"subscription": _subscription(registry)}


def only(store: Store) -> Object:
    """The account's registry, inside `with store`. Raises ApiError 404."""
    for registry in store["registries"].values():
        return registry
    raise not_found()


def _show(registry: Object) -> Object:
    return {
        "name": registry["name"],
        "created_at": registry["created_at"],
        "region": registry["region"],
        "storage_usage_bytes": 0,
        "storage_usage_bytes_updated_at": registry["created_at"],
        "subscription": _subscription(registry),
    }


def _subscription(registry: Object) -> Object:
    name, repositories, storage, cents, overage = TIERS[registry["tier"]]
    return {
        "tier": {
            "name": name,
            "slug": registry["tier"],
            "included_repositories": repositories,
            "included_storage_bytes": storage,
            "allow_storage_overage": overage,
            "included_bandwidth_bytes": storage,
            "monthly_price_in_cents": cents,
            "storage_overage_price_in_cents": 2 if overage else 0,
        },
        "created_at": registry["created_at"],
        "updated_at": registry["subscribed_at"],
    }


ENDPOINTS = [
    Endpoint("POST", "/v2/registry", create, 201),
    Endpoint("GET", "/v2/registry", get_only),
    Endpoint("DELETE", "/v2/registry", delete_only, 204),
    Endpoint("GET", "/v2/registry/subscription", subscription),
    Endpoint("POST", "/v2/registry/subscription", subscribe),
    Endpoint("DELETE", "/v2/registry/{name}/repositories/{repository:path}/tags/{tag}", delete_tag, 204),
    Endpoint("POST", "/v2/registries", create, 201),
    Endpoint("GET", "/v2/registries", index),
    Endpoint("GET", "/v2/registries/subscription", subscription),
    Endpoint("POST", "/v2/registries/subscription", subscribe),
    Endpoint("GET", "/v2/registries/{name}", get),
    Endpoint("DELETE", "/v2/registries/{name}", delete, 204),
    Endpoint("DELETE", "/v2/registries/{name}/repositories/{repository:path}/tags/{tag}", delete_tag, 204),
]
