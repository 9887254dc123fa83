"""Where secrets may be: marked, in the places that are made for them, and nowhere else. Every secret of the tests is a canary."""

import json
from typing import Any

import pulumi
import pytest
import yaml

from tests.infra.build import Build, Secret, exposed, opened
from tests.infra.engine import Engine
from tests.infra.values import CANARIES, CONFIG_SECRETS


def leaks(value: Any) -> list[str]:
    """The paths of plain texts that hold a secret."""
    return [path for path, text in exposed(value) if any(canary in text for canary in CANARIES)]


def canaries_in(value: Any) -> set[str]:
    """The secrets in a value, marked or not."""
    texts = [text for _, text in exposed(opened(value))]
    return {canary for canary in CANARIES if any(canary in text for text in texts)}


def test_no_secret_is_in_an_input_that_is_not_marked(build: Build, full: Build) -> None:
    for resource in [*build.resources.values(), *full.resources.values()]:
        assert leaks(resource.inputs) == [], resource.urn
        assert leaks(resource.urn) == []


def test_no_secret_is_in_what_the_program_exports(build: Build, full: Build) -> None:
    for found in (build, full):
        assert canaries_in(found.exports) == set()
        assert not [name for name, value in found.exports.items() if isinstance(value, Secret)], "an export that is secret hides nothing"
        assert leaks(found.outputs) == []


def test_every_secret_of_the_config_gets_where_it_is_used(full: Build) -> None:
    """Without this the other tests could pass because a canary has flown away."""
    everywhere: set[str] = set().union(*(canaries_in(resource.inputs) for resource in full.resources.values()))
    assert everywhere == set(CANARIES) - {"canary-5-"}, "all but the visitors' password, of which only a hash is used"


def test_the_administrator_of_the_database_appears_in_the_schemas_stdin_only(build: Build) -> None:
    holders = [resource.name for resource in build.resources.values() if "canary-11-" in canaries_in(resource.inputs)]
    assert holders == ["schema"]
    assert "canary-11-" in canaries_in(build.one("command.Command", "schema").inputs["stdin"])


def test_user_data_holds_the_boot_key_and_no_other_secret(build: Build) -> None:
    user_data = build.one("digitalocean.Droplet").inputs["userData"]
    assert isinstance(user_data, Secret)
    content = yaml.safe_load(user_data.value)
    assert "canary-10-servers-boot" in content["ssh_keys"].pop("ed25519_private")
    assert canaries_in(content) == set()


@pytest.mark.parametrize("key", sorted(CONFIG_SECRETS))
def test_no_secret_of_the_config_is_in_a_command_line(full: Build, key: str) -> None:
    secret = CONFIG_SECRETS[key].partition(":")[2] or CONFIG_SECRETS[key]
    for command in full.all("command.Command"):
        words = {name: value for name, value in command.plain.items() if name != "stdin"}
        assert secret not in json.dumps(words), f"{command.urn}: it would be in the process list"


def test_no_secret_is_in_a_containers_environment_or_labels(build: Build, full: Build) -> None:
    for service in [*build.all("docker.Service"), *full.all("docker.Service")]:
        assert canaries_in(service.inputs) == set(), f"{service.urn}: `docker inspect` would show it"


def test_the_password_of_visitors_is_nowhere_only_its_hash(full: Build) -> None:
    for resource in full.resources.values():
        assert "canary-5-" not in canaries_in(resource.inputs), resource.urn
    installed = full.one("command.Command", "proxy-file").inputs["stdin"]
    assert isinstance(installed, Secret)
    assert "$2b$" in installed.value


def test_config_that_is_wrong_stops_the_program_and_is_not_shown_where_it_is_secret(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="site:secretKey") as caught:
        engine.build("staging", secretKey="canary-1-short")
    assert "canary" not in str(caught.value)
