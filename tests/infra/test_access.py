"""Who may connect to what."""

from typing import Any

import pytest

from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.infra.values import SSH_FROM

SWARM = {("tcp", "2377"), ("tcp", "7946"), ("udp", "7946"), ("udp", "4789")}
WORLD = {"0.0.0.0/0", "::/0"}


def covers(rule: dict[str, Any], port: int) -> bool:
    """Whether an inbound rule lets somebody in on a port."""
    low, _, high = rule.get("portRange", "1-65535").partition("-")
    return int(low) <= port <= int(high or low)


def inbound(build: Build) -> list[dict[str, Any]]:
    """All inbound rules of all cloud firewalls."""
    return [rule for firewall in build.all("digitalocean.Firewall") for rule in firewall.plain["inboundRules"]]


def test_ssh_is_open_to_the_configured_networks_only(build: Build) -> None:
    rules = [rule for rule in inbound(build) if rule["protocol"] == "tcp" and covers(rule, 22)]
    assert [rule["sourceAddresses"] for rule in rules] == [[SSH_FROM]]


def test_each_network_of_ssh_from_gets_in(engine: Engine) -> None:
    networks = ["203.0.113.0/24", "2001:db8::/48"]
    rules = inbound(engine.build("staging", sshFrom=networks))
    assert [rule["sourceAddresses"] for rule in rules if rule["portRange"] == "22"] == [networks]


def test_the_ports_of_the_swarm_are_open_from_the_private_network_only(build: Build) -> None:
    private = build.one("digitalocean.Vpc").plain["ipRange"]
    rules = {(rule["protocol"], rule["portRange"]): rule["sourceAddresses"] for rule in inbound(build)}
    assert {port: rules[port] for port in SWARM} == {port: [private] for port in SWARM}


def test_the_world_reaches_the_web_and_nothing_else(build: Build) -> None:
    open_to_all = {(rule["protocol"], rule["portRange"]) for rule in inbound(build) if WORLD & set(rule["sourceAddresses"])}
    assert open_to_all == {("tcp", "80"), ("tcp", "443"), ("udp", "443")}


def test_a_host_can_reach_what_it_needs(build: Build) -> None:
    """Without outbound rules DigitalOcean blocks all outgoing traffic."""
    rules = build.one("digitalocean.Firewall").plain["outboundRules"]
    needed = {("udp", 53), ("tcp", 53), ("udp", 123), ("tcp", 80), ("tcp", 443)}
    assert needed == {
        (protocol, port)
        for protocol, port in needed
        if any(rule["protocol"] == protocol and covers(rule, port) and set(rule["destinationAddresses"]) >= WORLD for rule in rules)
    }
    private = build.one("digitalocean.Vpc").plain["ipRange"]
    assert any(covers(rule, 25060) and private in rule["destinationAddresses"] for rule in rules), "the database is out of reach"


def test_the_firewall_lets_droplets_come_and_go(build: Build) -> None:
    firewall = build.one("digitalocean.Firewall").plain
    assert firewall["tags"] == [f"site-{build.stack}"]
    assert "dropletIds" not in firewall


def test_the_database_is_open_to_the_tag_only(build: Build) -> None:
    assert build.one("digitalocean.DatabaseFirewall").plain["rules"] == [{"type": "tag", "value": f"site-{build.stack}"}]


def test_losing_the_databases_firewall_would_open_it_so_it_is_protected(production: Build) -> None:
    assert production.one("digitalocean.DatabaseFirewall").protect


def test_the_droplet_and_the_database_share_the_private_network(build: Build) -> None:
    assert build.one("digitalocean.Droplet").plain["vpcUuid"] == build.one("digitalocean.DatabaseCluster").plain["privateNetworkUuid"]


def test_the_two_stacks_share_no_address_range(staging: Build, production: Build) -> None:
    assert staging.one("digitalocean.Vpc").plain["ipRange"] != production.one("digitalocean.Vpc").plain["ipRange"]


@pytest.mark.parametrize(
    ("domain", "zone", "record"),
    [("www.example.com", "example.com", "www"), ("example.com", "example.com", "@"), ("a.b.example.com", "b.example.com", "a")],
)
def test_a_name_is_written_as_its_zone_wants_it(engine: Engine, domain: str, zone: str, record: str) -> None:
    build = engine.build("staging", domain=domain, dnsZone=zone)
    found = build.one("digitalocean.DnsRecord")
    assert (found.plain["domain"], found.plain["name"]) == (zone, record)
    assert found.plain["value"] == build.exports["address"]


def test_what_exists_once_in_an_account_is_declared_by_one_stack(staging: Build, production: Build) -> None:
    for short in ("digitalocean.Domain", "gitlab.BranchProtection", "gitlab.TagProtection"):
        assert bool(staging.all(short)) != bool(production.all(short)), short
