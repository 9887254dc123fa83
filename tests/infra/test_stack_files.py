"""Pulumi.yaml describes the keys, Settings reads them, and the two committed stack files set them: the three must agree."""

import re
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from infra.problems import SECRETS
from infra.settings import Settings
from tests.infra.values import CHECKOUT, STACKS, compose, declared, stack_file

STRUCTURED = {"processes", "env", "secrets", "generations", "secretAges", "allowedViolations"}
"""Keys that Pulumi.yaml can't describe; Pulumi.staging.yaml does."""
ELSEWHERE = {"stack", "digitaloceanToken", "gitlabToken"}
"""Fields of Settings that come from the stack's name and the providers' keys."""
TYPES: dict[str, type] = {"string": str, "boolean": bool, "integer": int, "array": list}


def test_every_flat_key_is_a_field_of_settings_and_the_other_way_round() -> None:
    fields = {to_camel(name) for name in Settings.model_fields}
    assert fields - STRUCTURED - ELSEWHERE == declared().keys()


@pytest.mark.parametrize(("key", "entry"), declared().items())
def test_a_flat_key_has_a_type_a_description_and_a_default_of_that_type(key: str, entry: dict[str, Any]) -> None:
    """Without a default the CLI stops before the program can say what all is missing."""
    assert len(entry["description"]) > 5
    assert entry["description"].endswith((".", ")")), key
    assert type(entry["default"]) is TYPES[entry["type"]], key
    assert "secret" not in entry, f"{key}: the CLI would stop at plaintext before the program can speak"


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_sets_known_keys_only(stack: str) -> None:
    known = {f"site:{key}" for key in declared().keys() | STRUCTURED} | {"gitlab:earlyAuthCheck"}
    assert stack_file(stack).keys() <= known


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_holds_no_secret_and_nothing_of_a_real_account(stack: str) -> None:
    text = (CHECKOUT / f"Pulumi.{stack}.yaml").read_text()
    values = stack_file(stack)
    assert not [key for key in values if re.search("secret|token|password|auth$|AccessKey", key, re.IGNORECASE)]
    assert "secure:" not in text
    assert "encryptionsalt" not in text
    assert values["site:domain"].endswith("example.com")
    assert not values["site:operatorKeys"] + values["site:sshFrom"]


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_asks_gitlab_nothing(stack: str) -> None:
    assert stack_file(stack)["gitlab:earlyAuthCheck"] == "false"


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_is_valid_once_the_users_part_is_filled_in(stack: str) -> None:
    Settings.parse(stack, compose(stack))


def test_what_exists_once_is_owned_by_one_stack() -> None:
    for key in ("manageDnsZone", "ownsGitlabProjects", "ownsRegistry"):
        assert sum(bool(stack_file(stack).get(f"site:{key}")) for stack in STACKS) <= 1, key


def test_production_is_protected_and_staging_can_be_thrown_away() -> None:
    assert {stack: bool(stack_file(stack).get("site:protect")) for stack in STACKS} == {"staging": False, "production": True}


def test_both_stacks_run_the_same_processes() -> None:
    staging, production = (stack_file(stack)["site:processes"] for stack in STACKS)
    assert {name: process["command"] for name, process in staging.items()} == {n: p["command"] for n, p in production.items()}


def test_the_users_own_part_comes_first_in_both_files() -> None:
    for stack in STACKS:
        assert [key for key in stack_file(stack) if key != "site:aliases"][:4] == [
            "site:domain",
            "site:operatorKeys",
            "site:sshFrom",
            "site:image",
        ]


def test_the_tests_fill_in_every_secret_that_a_description_calls_one() -> None:
    secret = {f"site:{key}" for key, entry in declared().items() if entry["description"].startswith("A secret")}
    assert secret == {f"site:{key}" for key in SECRETS - STRUCTURED - ELSEWHERE}
