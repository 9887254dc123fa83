"""Rules that hold for every resource of every stack."""

import inspect
from pathlib import Path
from typing import Any

import pulumi_digitalocean as do
import pytest

from tests.infra.build import Build, Resource
from tests.infra.values import STACKS

COMPONENTS = {
    f"site:infra:{noun}"
    for noun in (
        "Network",
        "Database",
        "Registry",
        "Servers",
        "Access",
        "Ages",
        "Schema",
        "Pipeline",
        "Release",
        "Broker",
        "Site",
        "Proxy",
        "Watch",
        "Address",
        "Backup",
        "Buckets",
    )
}
"""Frozen: a type token is a part of every URN below it."""
HOLDS_DATA = {
    "digitalocean.Vpc",
    "digitalocean.ReservedIp",
    "digitalocean.Domain",
    "digitalocean.DatabaseCluster",
    "digitalocean.DatabaseDb",
    "digitalocean.ContainerRegistry",
    "digitalocean.SpacesBucket",
    "docker.Volume",
}
GOLDEN = Path(__file__).parent / "golden"


def takes_tags(resource: Resource) -> bool:
    """Whether DigitalOcean can tag such a thing, by the SDK's own signature. An alert's tags choose what it watches instead."""
    kind: Any = getattr(do, resource.short.partition(".")[2])
    return resource.short != "digitalocean.MonitorAlert" and "tags" in inspect.signature(kind._internal_init).parameters


def test_every_resource_has_a_component_as_its_parent(build: Build, full: Build) -> None:
    for resource in [*build.resources.values(), *full.resources.values()]:
        if resource.custom:
            parent = resource.parent.split("::")[2].split("$")[-1]
            assert parent in COMPONENTS, f"{resource.urn} hangs on {parent}"


def test_the_type_tokens_of_components_are_frozen(full: Build) -> None:
    assert {resource.type for resource in full.resources.values() if not resource.custom} == COMPONENTS


def test_every_component_says_that_it_is_complete(full: Build) -> None:
    assert {urn for urn, resource in full.resources.items() if not resource.custom} <= full.outputs.keys()


def test_what_can_be_tagged_carries_the_tag_of_its_stack(build: Build) -> None:
    taggable = [r for r in build.resources.values() if r.type.startswith("digitalocean:") and takes_tags(r)]
    assert {resource.short for resource in taggable} == {"digitalocean.Droplet", "digitalocean.DatabaseCluster", "digitalocean.Firewall"}
    for resource in taggable:
        assert f"site-{build.stack}" in resource.plain["tags"], resource.urn


def test_production_protects_everything_that_holds_data(production: Build, full: Build) -> None:
    for resource in [*production.resources.values(), *full.resources.values()]:
        if resource.short in HOLDS_DATA:
            assert resource.protect, f"{resource.urn} could be deleted"
    seen = {resource.short for resource in full.resources.values()}
    assert seen >= HOLDS_DATA, "a kind of resource that holds data is not declared any more, or has another type"


def test_staging_protects_nothing(staging: Build) -> None:
    assert not [resource.urn for resource in staging.resources.values() if resource.protect]


def test_what_has_a_fixed_name_says_how_it_is_replaced(build: Build, full: Build) -> None:
    for resource in [*build.resources.values(), *full.resources.values()]:
        if {"name", "title", "key"} & resource.inputs.keys():
            assert resource.delete_before_replace is not None, f"{resource.urn}: two can't have one name at the same time"


def test_a_database_is_never_deleted_before_its_successor_is_there(build: Build) -> None:
    for short in ("digitalocean.DatabaseCluster", "digitalocean.DatabaseDb", "digitalocean.ReservedIp", "digitalocean.Vpc"):
        assert build.one(short).delete_before_replace is False


def test_docker_secrets_have_no_fixed_name_and_come_before_their_predecessors_go(build: Build) -> None:
    for secret in build.all("docker.Secret"):
        assert "name" not in secret.inputs, f"{secret.urn}: a changed one must be made beside the old one"
        assert secret.delete_before_replace is False


def test_what_is_in_docker_goes_through_the_droplets_engine(build: Build) -> None:
    provider = build.one("pulumi.docker")
    for resource in build.resources.values():
        if resource.type.startswith("docker:"):
            assert resource.provider == provider.urn, resource.urn


def test_a_droplet_is_not_replaced_for_what_only_a_new_one_reads(build: Build) -> None:
    assert set(build.one("digitalocean.Droplet").ignore_changes) == {"image", "region", "userData", "sshKeys", "vpcUuid"}


def test_everything_on_the_droplet_waits_until_it_is_ready(build: Build) -> None:
    ready = build.one("command.Command", "servers-ready").urn
    elsewhere = {ready, build.one("command.Command", "registry-since").urn}
    for resource in build.resources.values():
        if resource.type.startswith("docker:") or (resource.short == "command.Command" and resource.urn not in elsewhere):
            assert ready in build.before(resource), resource.urn


@pytest.mark.parametrize("stack", STACKS)
def test_no_resource_is_renamed_unnoticed(stack: str, request: pytest.FixtureRequest) -> None:
    build: Build = request.getfixturevalue(stack)
    file = GOLDEN / f"{stack}.txt"
    urns = "".join(f"{urn}\n" for urn in sorted(build.resources))
    if request.config.getoption("--write-golden"):
        file.write_text(urns)
    before, now = set(file.read_text().split("\n")), set(urns.split("\n"))
    gone, new = sorted(before - now), sorted(now - before)
    assert (gone, new) == ([], []), (
        f"{stack}: a URN is what Pulumi knows a resource by; one that is gone is deleted and a new one made, with its data lost."
        " For a rename give the resource `aliases`. If it is meant: pytest tests/infra --write-golden, and look at the diff."
    )
