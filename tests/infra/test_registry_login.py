"""The credential that pulls images, and what may be known about it."""

import base64
import json

import pulumi

from infra.pull import basic
from infra.registry import Login
from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.infra.outputs import resolve


def fingerprint(user: str, password: str) -> object:
    """Of a login; not marked as a secret."""
    return resolve(
        lambda: Login(address="registry.example.com", user=pulumi.Output.secret(user), password=pulumi.Output.secret(password)).fingerprint
    )


def test_a_fingerprint_changes_with_the_user_and_with_the_password() -> None:
    assert len({fingerprint(*pair) for pair in (("user", "one"), ("user", "two"), ("other", "one"), ("userone", ""))}) == 4


def test_a_fingerprint_is_the_same_on_every_run() -> None:
    assert fingerprint("user", "one") == fingerprint("user", "one")


def test_a_fingerprint_is_shown_and_says_nothing() -> None:
    shown = fingerprint("user", "password")
    assert isinstance(shown, str), "a label that is secret would hide the whole service in every preview"
    assert "password" not in shown
    assert len(shown) <= 16, "so short that no password can be worked out from it: many have the same"


def test_the_login_of_a_docker_config_is_its_only_entry() -> None:
    auth = base64.b64encode(b"user:with:colons").decode()
    assert basic(json.dumps({"auths": {"registry.digitalocean.com": {"auth": auth}}})) == ("user", "with:colons")


def test_the_engine_logs_in_where_the_image_lives(build: Build, full: Build) -> None:
    for found, address in ((build, "registry.gitlab.com"), (full, "registry.digitalocean.com")):
        (login,) = json.loads(found.one("pulumi.docker").plain["registryAuth"])
        assert login["address"] == address


def test_a_gitlab_of_ones_own_is_logged_in_to(engine: Engine) -> None:
    build = engine.build("staging", image="registry.example.com:5050/group/site@sha256:" + "a1" * 32)
    (login,) = json.loads(build.one("pulumi.docker").plain["registryAuth"])
    assert login["address"] == "registry.example.com:5050"
