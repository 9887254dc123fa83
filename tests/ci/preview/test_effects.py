"""What changes do to visitors: one row for each kind that the program has."""

from typing import Any

import pytest

from ci.preview.change import Change, Op
from ci.preview.effect_rules import RULES
from ci.preview.effects import Effect, Impact, assess

NOTHING, ROLLED, DOWNTIME, DATA = Effect
DROPLET, CLUSTER = "digitalocean:index/droplet:Droplet", "digitalocean:index/databaseCluster:DatabaseCluster"
SERVICE, COMMAND = "docker:index/service:Service", "command:local:Command"
FIREWALL = "digitalocean:index/firewall:Firewall"


def impact(type: str, op: Op, *properties: str, name: str = "network", **more: Any) -> Impact:
    urn = f"urn:pulumi:staging::site::site:infra:Site${type}::{name}"
    return assess(Change(urn=urn, type=type, op=op, properties=properties, **more), RULES)


@pytest.mark.parametrize(
    ("type", "op", "name", "properties", "effect"),
    [
        (DROPLET, "update", "servers", ["size"], DOWNTIME),
        (DROPLET, "replace", "servers", ["image"], DATA),
        (DROPLET, "delete", "servers", [], DATA),
        (CLUSTER, "update", "database", ["version"], DOWNTIME),
        (CLUSTER, "update", "database", ["size"], DOWNTIME),
        (CLUSTER, "update", "database", ["tags[0]"], NOTHING),
        (CLUSTER, "replace", "database", ["privateNetworkUuid"], DATA),
        (CLUSTER, "delete", "database", [], DATA),
        ("digitalocean:index/databaseDb:DatabaseDb", "delete", "database", [], DATA),
        ("digitalocean:index/databaseUser:DatabaseUser", "delete", "database-1", [], ROLLED),
        ("digitalocean:index/databaseFirewall:DatabaseFirewall", "delete", "database", [], DATA),
        ("digitalocean:index/vpc:Vpc", "replace", "network", ["ipRange"], DATA),
        ("digitalocean:index/reservedIp:ReservedIp", "replace", "network", ["region"], DOWNTIME),
        ("digitalocean:index/dnsRecord:DnsRecord", "update", "example.com", ["ttl"], NOTHING),
        ("digitalocean:index/dnsRecord:DnsRecord", "update", "example.com", ["value"], DOWNTIME),
        ("digitalocean:index/domain:Domain", "delete", "example.com", [], DATA),
        ("digitalocean:index/uptimeAlert:UptimeAlert", "replace", "watch-down", ["name"], NOTHING),
        ("digitalocean:index/containerRegistry:ContainerRegistry", "delete", "registry", [], DATA),
        ("docker:index/volume:Volume", "delete", "media", [], DATA),
        ("docker:index/volume:Volume", "create", "media", [], NOTHING),
        ("docker:index/secret:Secret", "replace", "environment", ["data"], NOTHING),
        ("docker:index/network:Network", "replace", "servers", ["name"], DOWNTIME),
        (SERVICE, "update", "proxy", ["taskSpec.containerSpec.image"], DOWNTIME),
        (SERVICE, "update", "broker", ["taskSpec.containerSpec.image"], DOWNTIME),
        (SERVICE, "update", "worker", ["taskSpec.containerSpec.image"], ROLLED),
        (SERVICE, "replace", "web", ["name"], DOWNTIME),
        (SERVICE, "delete", "beat", [], DOWNTIME),
        (SERVICE, "create", "worker", [], NOTHING),
        (COMMAND, "replace", "web-runs", ["triggers[0]"], NOTHING),
        (COMMAND, "replace", "release", ["triggers[0]"], ROLLED),
        (COMMAND, "replace", "proxy-file", ["triggers[0]"], NOTHING),
        (COMMAND, "replace", "rotated-secretKey", ["triggers[0]"], NOTHING),
        (COMMAND, "create", "something-else", [], DOWNTIME),
        ("gitlab:index/projectVariable:ProjectVariable", "replace", "SSH_KEY", ["key"], NOTHING),
        ("pulumi:providers:docker", "update", "servers", ["registryAuth"], NOTHING),
        ("tls:index/privateKey:PrivateKey", "replace", "servers-host", ["algorithm"], DOWNTIME),
        ("digitalocean:index/spacesBucket:SpacesBucket", "create", "site-production-backup", [], NOTHING),
        ("digitalocean:index/spacesBucket:SpacesBucket", "replace", "site-production-media", ["region"], DATA),
        ("digitalocean:index/spacesKey:SpacesKey", "replace", "media", ["name"], ROLLED),
        (COMMAND, "replace", "backup", ["triggers[1]"], NOTHING),
        (COMMAND, "delete", "backup-timer", [], DATA),
    ],
)
def test_each_change_has_its_effect(type: str, op: Op, name: str, properties: list[str], effect: Effect) -> None:
    found = impact(type, op, *properties, name=name)
    assert found.effect == effect
    assert found.causes == tuple(properties)
    assert "assumed" not in found.sentence


@pytest.mark.parametrize(("op", "effect"), [("create", NOTHING), ("update", DOWNTIME), ("replace", DATA), ("delete", DATA)])
def test_what_is_not_known_is_taken_for_grave(op: Op, effect: Effect) -> None:
    found = impact("aws:s3/bucket:Bucket", op, *(["acl"] if op != "delete" else []))
    assert found.effect == effect
    assert "assumed" in found.sentence or op == "create"


def test_a_property_that_no_rule_names_counts_beside_those_that_are_known() -> None:
    found = impact(CLUSTER, "update", "tags[0]", "engineMode", name="database")
    assert (found.effect, found.causes) == (DOWNTIME, ("engineMode",))


def test_the_gravest_of_several_properties_is_told_with_its_cause() -> None:
    found = impact(DROPLET, "update", "name", "size", name="servers")
    assert (found.effect, found.causes) == (DOWNTIME, ("size",))


def test_the_process_that_starts_first_is_rolled_without_loss() -> None:
    found = impact(SERVICE, "update", "labels", name="web", new={"updateConfig": {"order": "start-first"}})
    assert (found.effect, found.sentence) == (ROLLED, "rolled: new tasks answer before old ones go (measured: no request lost)")


@pytest.mark.parametrize(("update", "effect"), [(":", NOTHING), ('printf %s "$PULUMI_COMMAND_STDOUT"', NOTHING), ("rm -rf /", DOWNTIME)])
def test_an_updated_command_does_what_it_says(update: str, effect: Effect) -> None:
    assert impact(COMMAND, "update", "stdin", name="schema", new={"update": update}).effect == effect


def test_what_docker_could_not_compare_is_nothing_where_it_is_declared_as_before() -> None:
    for type, name in ((SERVICE, "broker"), ("docker:index/volume:Volume", "media"), ("docker:index/network:Network", "servers")):
        assert impact(type, "update", name=name).effect == NOTHING
    assert impact(SERVICE, "update", "labels", name="worker").effect == ROLLED


def rule(port: str, *sources: str) -> dict[str, Any]:
    return {"__defaults": [], "protocol": "tcp", "portRange": port, "sourceAddresses": list(sources)}


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ([rule("22", "203.0.113.1/32"), rule("443", "0.0.0.0/0")], [rule("443", "0.0.0.0/0"), rule("22", "203.0.113.2/32")], NOTHING),
        ([rule("443", "0.0.0.0/0", "::/0")], [rule("443", "::/0", "0.0.0.0/0"), rule("80", "0.0.0.0/0")], NOTHING),
        ([rule("443", "0.0.0.0/0")], [rule("443", "203.0.113.1/32")], DOWNTIME),
        ([rule("443", "0.0.0.0/0"), rule("80", "0.0.0.0/0")], [rule("443", "0.0.0.0/0")], DOWNTIME),
    ],
)
def test_a_firewall_hurts_where_something_is_kept_out_that_was_not(before: list[Any], after: list[Any], effect: Effect) -> None:
    found = impact(FIREWALL, "update", "inboundRules[0]", old={"inboundRules": before}, new={"inboundRules": after})
    assert found.effect == effect


def test_no_rule_is_hidden_behind_another_for_all_it_is_about() -> None:
    seen: set[tuple[str, str, str, str]] = set()
    for known in RULES:
        for op in known.ops.split():
            key = (known.type, op, known.name, known.properties)
            conditional = known.only(Change(urn="urn:pulumi:s::p::t::n", type="t", op="update")) is False
            assert key not in seen, key
            if not conditional:
                seen.add(key)
