"""Credentials for the registry, as a Docker config. Each request mints a new one; it is revoked by its token."""

import base64
import secrets
import time
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rehearsal.cloud import registry_users
from rehearsal.cloud.digitalocean import registries
from rehearsal.cloud.digitalocean.errors import refused
from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World

HOST = "registry.digitalocean.com"


def mint(call: Call) -> Object:
    with call.store:
        call.find("registries", "name")
    return _mint(call)


def mint_only(call: Call) -> Object:
    with call.store as store:
        registries.only(store)
    return _mint(call)


def _mint(call: Call) -> Object:
    write = call.query.get("read_write", "false").lower() == "true"
    seconds = call.query.get("expiry_seconds", "0")
    if not seconds.isdecimal():
        raise refused(f"expiry_seconds: {seconds!r} is no number from 0 on")
    token = f"dop_v1_{secrets.token_hex(32)}"
    with call.store as store:
        expires_at = time.time() + int(seconds) if int(seconds) else None
        # The token is the name and the password, as at DigitalOcean.
        user = {"name": token, "password": token, "write": write, "expires_at": expires_at}
        store["registry_users"][f"digitalocean/{store.next_id()}"] = user
    registry_users.publish(call.store, call.world)
    return {"auths": {HOST: {"auth": base64.b64encode(f"{token}:{token}".encode()).decode()}}}


def revocation(store: Store, world: World) -> Route:
    """`POST /v1/oauth/revoke`: ends a credential. At DigitalOcean it is on another host, takes a form, and the token is its own
    authority; a token that is not known is answered with 200 too (RFC 7009, section 2.2)."""

    def revoke(token: str) -> None:
        with store:
            for key in [key for key, user in store["registry_users"].items() if user["password"] == token]:
                del store["registry_users"][key]
        registry_users.publish(store, world)

    async def answer(request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        for token in form.get("token", []):
            await run_in_threadpool(revoke, token)
        return Response(status_code=200)

    return Route("/v1/oauth/revoke", answer, methods=["POST"])


ENDPOINTS = [
    Endpoint("GET", "/v2/registries/{name}/docker-credentials", mint),
    Endpoint("GET", "/v2/registry/docker-credentials", mint_only),
]
