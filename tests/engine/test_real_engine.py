"""The program on the real Pulumi engine and the real provider plugins: one life of a stack, from `up` to `destroy`.

The tests follow each other: every one goes on from the stack that the one before it left.
"""

import json
import re
from typing import Any

import pytest

from rehearsal.apis import Apis
from tests.engine.cli import Cli

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]

SECRETS = {
    "digitalocean:index/databaseCluster:DatabaseCluster": ("password", "uri"),
    "digitalocean:index/databaseUser:DatabaseUser": ("password",),
    "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials": ("dockerCredentials",),
    "random:index/randomPassword:RandomPassword": ("result",),
    "tls:index/privateKey:PrivateKey": ("privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"),
    "docker:index/secret:Secret": ("data",),
}
"""Outputs that nobody may read in the state, by type."""


def opened(value: Any) -> Any:
    """What a secret of an exported state holds."""
    return opened(json.loads(value["plaintext"])) if isinstance(value, dict) and "plaintext" in value else value


def core(text: str) -> str:
    """The longest part that JSON writes as it is, whatever stands around it."""
    parts: list[str] = re.findall(r"[\w+/=.:@-]+", text)
    return max(parts, key=len)


def test_up_makes_everything_at_the_first_try(cli: Cli) -> None:
    made = cli.up()
    assert made.keys() == {"create"}
    assert made["create"] == len([found for found in cli.resources() if "::default" not in found["urn"]]), "all but the default providers"


def test_up_again_changes_nothing(cli: Cli) -> None:
    assert cli.up().keys() == {"same"}


def test_a_preview_finds_no_difference_between_the_program_and_what_is_there(cli: Cli) -> None:
    assert cli.preview_after_refresh().keys() == {"same"}


def test_another_number_of_replicas_is_one_update(cli: Cli) -> None:
    processes = cli.config("site:processes")
    processes["web"]["replicas"] = 2
    cli.set_config("site:processes", processes)
    done = cli.up()
    assert done == {"update": 1, "same": done["same"]}


def test_another_variable_replaces_one_secret_and_updates_what_reads_it(cli: Cli) -> None:
    before = {found["urn"]: found.get("inputs") for found in cli.resources()}
    cli.set_config("site:env", cli.config("site:env") | {"WEB_THREADS": "3"})
    done = cli.up()
    changed = {found["urn"].rpartition("::")[2] for found in cli.resources() if found.get("inputs") != before.get(found["urn"])}
    assert changed == {"environment", "web", "worker", "beat", "release"}, "`release` only notes it: nothing is migrated"
    assert done == {"replace": 1, "update": 4, "same": done["same"]}


def test_a_process_that_is_left_out_is_one_delete(cli: Cli) -> None:
    processes = cli.config("site:processes")
    del processes["beat"]
    cli.set_config("site:processes", processes)
    done = cli.up()
    assert done == {"delete": 1, "same": done["same"]}


def test_no_secret_can_be_read_in_the_state_or_was_printed(cli: Cli) -> None:
    known = {name: core(secret) for name, secret in cli.secrets.items()}
    resources = cli.resources()
    assert {found["type"] for found in resources} >= SECRETS.keys()
    for found in resources:
        for name in SECRETS.get(found["type"], ()):
            known[f"{found['urn']} {name}"] = core(opened(found["outputs"][name]))
    written = "".join(file.read_text() for file in cli.state.rglob("*") if file.is_file())
    assert "docker:index/service:Service" in written
    assert [name for name, secret in known.items() if secret in written or secret in cli.said] == []


def test_destroy_leaves_nothing_in_the_cloud(cli: Cli, apis: Apis) -> None:
    assert cli.destroy().keys() == {"delete"}
    # Credentials of the registry end by themselves: the provider could revoke one only at an address that no rehearsal has.
    assert [thing for thing in apis.inventory() if thing["kind"] != "digitalocean:registry_credential"] == []
