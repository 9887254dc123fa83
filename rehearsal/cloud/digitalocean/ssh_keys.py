"""SSH keys of the account. The same public key is taken only once, whatever it is named."""

import base64
import binascii
import hashlib

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean.errors import not_found, refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object, Store


class Name(BaseModel):
    """What a PUT may change."""

    name: str = Field(min_length=1)


class New(Name):
    """What a POST takes."""

    public_key: str


def create(call: Call) -> Object:
    new = call.read(New)
    digest = _fingerprint(new.public_key)
    with call.store as store:
        if any(key["fingerprint"] == digest for key in store["ssh_keys"].values()):
            raise refused("SSH Key is already in use on your account")
        number = store.next_id()
        key = {"id": number, "name": new.name, "fingerprint": digest, "public_key": new.public_key.strip()}
        store["ssh_keys"][str(number)] = key
    return {"ssh_key": key}


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "ssh_keys", list(store["ssh_keys"].values()))


def get(call: Call) -> Object:
    with call.store as store:
        return {"ssh_key": find(store, call.path["id"])}


def update(call: Call) -> Object:
    change = call.read(Name)
    with call.store as store:
        key = find(store, call.path["id"])
        key["name"] = change.name
        return {"ssh_key": key}


def delete(call: Call) -> None:
    with call.store as store:
        del store["ssh_keys"][str(find(store, call.path["id"])["id"])]


def find(store: Store, identifier: str | int) -> Object:
    """A key by its number or fingerprint, inside `with store`. Raises ApiError 404."""
    for key in store["ssh_keys"].values():
        if str(identifier) in (str(key["id"]), key["fingerprint"]):
            return key
    raise not_found()


def _fingerprint(public_key: str) -> str:
    """MD5 with colons, as DigitalOcean shows it. Raises ApiError 422 for what is no public key."""
    kind, _, rest = public_key.strip().partition(" ")
    try:
        content = base64.b64decode(rest.split(" ")[0], validate=True)
    except (binascii.Error, ValueError):
        content = b""
    # In the encoded part the kind comes again, after its length (RFC 4253, section 6.6).
    if not kind or content[4 : 4 + len(kind)] != kind.encode():
        raise refused("Key invalid, key should be of the format `type key [comment]`")
    return hashlib.md5(content, usedforsecurity=False).digest().hex(":")


ENDPOINTS = [
    Endpoint("POST", "/v2/account/keys", create, 201),
    Endpoint("GET", "/v2/account/keys", index),
    Endpoint("GET", "/v2/account/keys/{id}", get),
    Endpoint("PUT", "/v2/account/keys/{id}", update),
    Endpoint("DELETE", "/v2/account/keys/{id}", delete, 204),
]
