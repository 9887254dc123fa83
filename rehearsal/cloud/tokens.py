"""Tokens of people: which ones the two APIs take. Each API takes a first one, which whoever serves names; more are made and ended here.

A token may push to its cloud's registry too: GitLab takes any name with one, DigitalOcean the token for both.
"""

import hmac
import secrets
from typing import Literal, get_args

from pydantic import BaseModel

from rehearsal.cloud import registry_users
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import World

Api = Literal["digitalocean", "gitlab"]
APIS: tuple[Api, ...] = get_args(Api)
PUSHER = "ci"
"""The name that this project pushes with at GitLab."""
_SHAPES = {"digitalocean": "dop_v1_{}", "gitlab": "glpat-{}"}
_NOUN = "tokens"


class Wish(BaseModel):
    """Which API the token is of; an empty one is to be made."""

    api: Api
    token: str = ""


def accepted(store: Store, api: Api, first: str, sent: str) -> bool:
    """Whether the API takes it."""
    with store:
        ended = [token["token"] for token in store[_NOUN].values() if token["api"] == api and token["ended"]]
        others = [token["token"] for token in store[_NOUN].values() if token["api"] == api and not token["ended"]]
    known = [token for token in (first, *others) if token not in ended]
    return any(hmac.compare_digest(token.encode(), sent.encode()) for token in known)


def make(store: Store, world: World, api: Api) -> str:
    """Another one, as on the page where a person makes it."""
    token = _SHAPES[api].format(secrets.token_hex(32))
    with store:
        store[_NOUN][f"{api}/{store.next_id()}"] = {"api": api, "token": token, "ended": False}
        # The registry's list has one password for a name.
        store["registry_users"][f"token-{api}"] = {
            "name": PUSHER if api == "gitlab" else token,
            "password": token,
            "write": True,
            "expires_at": None,
        }
    registry_users.publish(store, world)
    return token


def end(store: Store, api: Api, token: str) -> None:
    """It is taken no more."""
    with store:
        for key in [key for key, found in store[_NOUN].items() if found["token"] == token]:
            del store[_NOUN][key]
        store[_NOUN][f"{api}/{store.next_id()}"] = {"api": api, "token": token, "ended": True}
