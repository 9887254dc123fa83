"""Access keys of Spaces: each may do with buckets what its grants say, and tells its secret once. The buckets are not here: they
are made by the S3 protocol (rehearsal/cloud/spaces)."""

import secrets
from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean.clock import now
from rehearsal.cloud.digitalocean.errors import refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import SpacesKey, World


class Grant(BaseModel):
    """What may be done with a bucket; full access is to all of them."""

    bucket: str
    permission: Literal["", "read", "readwrite", "fullaccess"]


class Terms(BaseModel):
    """What a POST takes, and a PUT or a PATCH."""

    name: str = Field(min_length=1)
    grants: list[Grant] = []


def create(call: Call) -> Object:
    new = _terms(call)
    access, secret = f"DO{secrets.token_hex(9).upper()}", secrets.token_urlsafe(32)
    with call.store as store:
        store["spaces_keys"][access] = {**new, "access_key": access, "secret_key": secret, "created_at": now()}
    publish(call.store, call.world)
    return {"key": {**new, "access_key": access, "secret_key": secret}}


def index(call: Call) -> Object:
    with call.store as store:
        found = [_shown(key) for key in store["spaces_keys"].values() if key["name"] == call.query.get("name", key["name"])]
    return page(call, "keys", found)


def get(call: Call) -> Object:
    with call.store:
        return {"key": _shown(call.find("spaces_keys", "access_key"))}


def update(call: Call) -> Object:
    terms = _terms(call)
    with call.store:
        key = call.find("spaces_keys", "access_key")
        key.update(terms)
    publish(call.store, call.world)
    return {"key": _shown(key)}


def delete(call: Call) -> None:
    with call.store as store:
        del store["spaces_keys"][call.find("spaces_keys", "access_key")["access_key"]]
    publish(call.store, call.world)


def publish(store: Store, world: World) -> None:
    """Tell the world all keys. Call it after each change, outside `with store`."""
    with store.applying:
        with store:
            known = [
                SpacesKey(
                    access=access,
                    secret=key["secret_key"],
                    grants=tuple((grant["bucket"], grant["permission"]) for grant in key["grants"]),
                )
                for access, key in store["spaces_keys"].items()
            ]
        world.set_spaces_keys(known)


def _terms(call: Call) -> Object:
    terms = call.read(Terms)
    for grant in terms.grants:
        if (grant.permission == "fullaccess") == bool(grant.bucket):
            raise refused("grants: fullaccess is for all buckets and names none; any other permission names one")
    return terms.model_dump()


def _shown(key: Object) -> Object:
    return {name: value for name, value in key.items() if name != "secret_key"}


ENDPOINTS = [
    Endpoint("POST", "/v2/spaces/keys", create, 201),
    Endpoint("GET", "/v2/spaces/keys", index),
    Endpoint("GET", "/v2/spaces/keys/{access_key}", get),
    Endpoint("PUT", "/v2/spaces/keys/{access_key}", update),
    Endpoint("PATCH", "/v2/spaces/keys/{access_key}", update),
    Endpoint("DELETE", "/v2/spaces/keys/{access_key}", delete, 204),
]
