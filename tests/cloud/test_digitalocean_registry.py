"""The container registry and who may use it."""

import base64
import time
from typing import Any

import httpx
import pytest

from rehearsal.cloud.world import RegistryUser
from tests.cloud.digitalocean_server import Api
from tests.cloud.recording_world import SECONDS


def test_an_account_has_one_registry(api: Api) -> None:
    _registry(api)
    api.refused(409, "POST", "/v2/registries", name="second", subscription_tier_slug="basic")
    assert [registry["name"] for registry in api.get("/v2/registries")["registries"]] == ["acme"]


def test_a_registry_is_the_same_by_its_old_path_and_its_new_one(api: Api) -> None:
    _registry(api)
    assert api.get("/v2/registry") == api.get("/v2/registries/acme")
    api.delete("/v2/registry")
    api.refused(404, "GET", "/v2/registries/acme")
    api.refused(404, "GET", "/v2/registry")


def test_the_plan_can_be_changed(api: Api) -> None:
    _registry(api)
    api.post("/v2/registries/subscription", tier_slug="basic")
    assert api.get("/v2/registries/subscription")["subscription"]["tier"]["slug"] == "basic"


def test_a_credential_opens_the_registry_for_what_was_asked(api: Api) -> None:
    _registry(api)
    reader, writer = _mint(api), _mint(api, "read_write=true")
    assert api.world.registry_users == [
        RegistryUser(name=reader, password=reader, write=False),
        RegistryUser(name=writer, password=writer, write=True),
    ]


def test_a_credential_that_expired_opens_nothing(api: Api) -> None:
    _registry(api)
    short = _mint(api, "expiry_seconds=1")
    deadline = time.monotonic() + SECONDS
    while short in {user.name for user in api.world.registry_users}:
        assert time.monotonic() < deadline
        _mint(api)


def test_a_revoked_credential_opens_nothing(api: Api) -> None:
    _registry(api)
    token = _mint(api)
    _revoke(api, token)
    assert api.world.registry_users == []
    assert "digitalocean:registry_credential" not in {entry["kind"] for entry in api.inventory()}


def test_the_inventory_shows_a_credential_without_its_password(api: Api) -> None:
    _registry(api)
    token = _mint(api)
    assert "digitalocean:registry_credential" in {entry["kind"] for entry in api.inventory()}
    assert token not in str(api.inventory())


def test_no_credential_without_a_registry(api: Api) -> None:
    api.refused(404, "GET", "/v2/registries/acme/docker-credentials")
    api.refused(404, "GET", "/v2/registry/docker-credentials")


@pytest.mark.parametrize("registries", ["registry", "registries"])
def test_one_tag_goes_and_the_others_stay(api: Api, registries: str) -> None:
    _registry(api)
    api.world.pushed = {"acme/site": {"a", "b"}, "acme/my/repo": {"a"}}
    api.delete(f"/v2/{registries}/acme/repositories/site/tags/b")
    api.delete(f"/v2/{registries}/acme/repositories/my%2Frepo/tags/a")
    assert api.world.pushed == {"acme/site": {"a"}, "acme/my/repo": set()}


@pytest.mark.parametrize("what", ["acme/repositories/site/tags/b", "acme/repositories/other/tags/a", "other/repositories/site/tags/a"])
def test_a_tag_that_is_not_there_is_not_found(api: Api, what: str) -> None:
    _registry(api)
    api.world.pushed = {"acme/site": {"a"}, "other/site": {"a"}}
    api.refused(404, "DELETE", f"/v2/registries/{what}")
    assert api.world.pushed == {"acme/site": {"a"}, "other/site": {"a"}}


def _registry(api: Api) -> Any:
    return api.post("/v2/registry", name="acme", subscription_tier_slug="starter", region="fra1")["registry"]


def _mint(api: Api, query: str = "") -> str:
    """A new credential's token, which is its name and its password."""
    auths = api.get(f"/v2/registries/acme/docker-credentials?{query}")["auths"]
    name, _, password = base64.b64decode(auths["registry.digitalocean.com"]["auth"]).decode().partition(":")
    assert name == password
    return password


def _revoke(api: Api, token: str) -> None:
    reply: httpx.Response = api.form("/v1/oauth/revoke", {"token": token}, token=token)
    assert reply.status_code == 200
