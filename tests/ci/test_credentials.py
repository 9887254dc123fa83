"""What can be rotated, which new values are refused, and what of the config changes."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from ci import credentials
from ci.credentials import GENERATED, CredentialError, edits, last_edits, names
from ci.rotation import new_value
from ci.stack_config import Edit
from ci.strength import problems

OLD = base64.b64encode(bytes(range(7, 210, 4))).decode()
NEW = OLD[::-1]
CONFIG: dict[str, Any] = {
    "site:broker": "valkey",
    "site:deploySite": True,
    "site:registry": "gitlab",
    "site:appProject": "group/site",
    "site:infraProject": "group/infra",
    "site:generations": {"database": 3},
    "site:secretKey": OLD,
    "site:basicAuth": "visitor:kT9-w2mQx7",
    "site:secrets": {"STRIPE_KEY": OLD, "JWT": OLD},
    "gitlab:token": OLD,
}


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(CredentialError) as caught:
        ask()
    return str(caught.value)


def test_a_name_that_is_none_is_refused_with_all_that_there_are() -> None:
    assert refusal(lambda: edits("databse", "", CONFIG)) == (
        "databse is no secret of this stack; there are database, broker, registry, ciKey, deployKey, hostKey, secretKey, basicAuth,"
        " gitlab:token, secrets.STRIPE_KEY, secrets.JWT, passphrase"
    )


@pytest.mark.parametrize(
    ("config", "gone"),
    [
        ({"site:broker": "none"}, {"broker"}),
        ({"site:deploySite": False}, {"broker"}),
        ({"site:appProject": ""}, {"registry", "deployKey"}),
        ({"site:appProject": "", "site:registry": "digitalocean"}, {"deployKey"}),
        ({"site:infraProject": ""}, {"deployKey"}),
        ({"site:basicAuth": ""}, {"basicAuth"}),
        ({"site:secrets": {"JWT": OLD}}, {"secrets.STRIPE_KEY"}),
        ({"site:secrets": ""}, {"secrets.STRIPE_KEY", "secrets.JWT"}),
    ],
)
def test_only_what_the_stack_has_can_be_rotated(config: dict[str, Any], gone: set[str]) -> None:
    assert set(names(CONFIG)) - set(names(CONFIG | config)) == gone


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("secretKey", NEW[:49], "is shorter than 50 characters"),
        ("gitlab:token", "glpat-too-short", "is shorter than 20 characters"),
        ("secrets.STRIPE_KEY", "kT9-w2m", "is shorter than 8 characters"),
        ("secrets.STRIPE_KEY", "Password123!", "is too common"),
        ("basicAuth", "visitor:Summer2026!", "is too common"),
        ("basicAuth", "kT9-w2mQx7", "must be name:password"),
        ("secretKey", OLD, "is what it was before"),
        ("secrets.JWT", OLD, "is what it was before"),
        ("secretKey", f"{NEW}\x07", "holds a character that can't be seen"),
        ("gitlab:token", f"{NEW}\u200b", "holds a character that can't be seen"),
        ("secretKey", f"{NEW}\n{NEW}", "has more than one line"),
        ("secrets.STRIPE_KEY", f"{NEW}\n{NEW}", "has more than one line"),
        ("basicAuth", "", "is empty"),
    ],
)
def test_a_value_that_is_no_good_is_refused_and_not_shown(name: str, value: str, reason: str) -> None:
    said = refusal(lambda: edits(name, value, CONFIG))
    assert f"{name}: {reason}" in said
    assert not [line for line in value.splitlines() if line and line in said]


@pytest.mark.parametrize(("name", "number"), [("database", 4), ("broker", 2)])
def test_what_the_program_makes_gets_the_next_number(name: str, number: int) -> None:
    assert edits(name, "", CONFIG) == [Edit(path=f"site:generations.{name}", value=number)]


@pytest.mark.parametrize("name", GENERATED)
def test_what_the_program_makes_cannot_be_given(name: str) -> None:
    said = refusal(lambda: edits(name, NEW, CONFIG))
    assert said == f"{name}: the program makes it; there is nothing to give"


@pytest.mark.parametrize("name", ["basicAuth", "gitlab:token", "secrets.STRIPE_KEY"])
def test_what_is_given_takes_the_old_ones_place_as_a_secret(name: str) -> None:
    value = f"visitor:{NEW}" if name == "basicAuth" else NEW
    [edit] = edits(name, value, CONFIG)
    assert (edit.value, edit.secret) == (value, True)
    assert edit.path == {"basicAuth": "site:basicAuth", "secrets.STRIPE_KEY": "site:secrets.STRIPE_KEY"}.get(name, name)


def test_a_former_secret_key_is_kept_until_it_is_finished() -> None:
    new, former = edits("secretKey", NEW, CONFIG)
    assert new == Edit(path="site:secretKey", value=NEW, secret=True)
    assert former == Edit(path="site:secretKeyFallbacks", value=OLD, secret=True)
    assert last_edits("secretKey", CONFIG | {"site:secretKeyFallbacks": OLD}) == [Edit(path="site:secretKeyFallbacks", value=None)]


def test_there_is_nothing_to_finish_where_no_former_key_is_kept() -> None:
    assert refusal(lambda: last_edits("secretKey", CONFIG)) == "secretKey: no former key is kept (site:secretKeyFallbacks is empty)"
    assert refusal(lambda: last_edits("database", CONFIG)) == "database: its old value is gone already; --finish is for secretKey"


@pytest.mark.parametrize("name", ["secretKey", "secrets.STRIPE_KEY"])
def test_what_is_only_ours_can_be_random_and_is_another_each_time(name: str) -> None:
    made = {new_value(name, stdin=False, at_random=True, finish=False) for _ in range(20)}
    assert len(made) == 20
    assert not [value for value in made if problems(name, value)]


def test_a_secret_key_is_random_without_being_asked_to() -> None:
    assert not problems("secretKey", new_value("secretKey", stdin=False, at_random=False, finish=False))


@pytest.mark.parametrize("name", ["basicAuth", "digitalocean:token", "gitlab:token", "stateSecretKey", "passphrase"])
def test_what_others_know_too_cannot_be_random(name: str) -> None:
    assert "give the new one on stdin: --stdin" in refusal(lambda: new_value(name, stdin=False, at_random=True, finish=False))


def test_what_was_never_rotated_has_the_first_number() -> None:
    assert (credentials.generation("broker", CONFIG), credentials.generation("broker", {"site:generations": None})) == (1, 1)
