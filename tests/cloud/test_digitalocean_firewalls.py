"""Cloud firewalls: which rules reach which droplet."""

from typing import Any

import pytest

from rehearsal.cloud.world import Rule
from tests.cloud.digitalocean_server import Api

EVERYBODY = {"addresses": ["0.0.0.0/0", "::/0"]}
HTTPS = {"protocol": "tcp", "ports": "443", "sources": EVERYBODY}
HTTPS_IN = Rule(direction="in", protocol="tcp", ports="443", peers=("0.0.0.0/0",))


def test_without_a_firewall_everything_is_open(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    assert api.world.firewalls[droplet] is None


def test_a_firewall_change_reaches_a_droplet_that_has_its_tag(api: Api) -> None:
    vpc = api.vpc()["id"]
    web, other = api.droplet(vpc, tags=["web"])["id"], api.droplet(vpc)["id"]
    path = f"/v2/firewalls/{_firewall(api, tags=['web'], inbound_rules=[HTTPS])['id']}"
    assert api.world.firewalls == {web: [HTTPS_IN], other: None}
    api.put(path, name="web", tags=["web"], inbound_rules=[HTTPS, {"protocol": "icmp", "sources": EVERYBODY}])
    assert api.world.firewalls[web] == [HTTPS_IN, Rule(direction="in", protocol="icmp", ports="", peers=("0.0.0.0/0",))]
    api.delete(path)
    assert api.world.firewalls[web] is None


def test_a_droplet_that_nothing_changes_for_is_not_told_again(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    api.post("/v2/tags", name="web")
    _firewall(api, tags=["web"], inbound_rules=[HTTPS])
    assert [about for call, about in api.world.calls if call == "set_firewall"] == [droplet]


def test_a_droplet_is_guarded_before_it_is_active(api: Api) -> None:
    vpc = api.vpc()["id"]
    api.post("/v2/tags", name="web")
    _firewall(api, tags=["web"], inbound_rules=[HTTPS])
    droplet = api.droplet(vpc, tags=["web"])["id"]
    assert api.world.firewalls[droplet] == [HTTPS_IN]


def test_a_droplet_that_gets_the_tag_gets_the_rules(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    api.post("/v2/tags", name="web")
    _firewall(api, tags=["web"], inbound_rules=[HTTPS])
    one = [{"resource_id": str(droplet), "resource_type": "droplet"}]
    api.send("POST", "/v2/tags/web/resources", {"resources": one})
    assert api.world.firewalls[droplet] == [HTTPS_IN]
    api.delete("/v2/tags/web")
    assert api.world.firewalls[droplet] is None


def test_the_rules_of_several_firewalls_add_up(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"], tags=["web"])["id"]
    _firewall(api, tags=["web"], inbound_rules=[HTTPS])
    ssh = {"protocol": "tcp", "ports": "22", "sources": {"addresses": ["192.0.2.7"]}}
    _firewall(api, name="ssh", droplet_ids=[droplet], inbound_rules=[ssh])
    assert api.world.firewalls[droplet] == [HTTPS_IN, Rule(direction="in", protocol="tcp", ports="22", peers=("192.0.2.7/32",))]
    assert len(api.get(f"/v2/droplets/{droplet}/firewalls")["firewalls"]) == 2


def test_a_firewall_without_outbound_rules_lets_nothing_out(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"], tags=["web"])["id"]
    _firewall(api, tags=["web"], inbound_rules=[HTTPS])
    rules = api.world.firewalls[droplet]
    assert rules is not None
    assert not [rule for rule in rules if rule.direction == "out"]


def test_a_tag_as_source_means_both_addresses_of_its_droplets_now(api: Api) -> None:
    vpc = api.vpc()["id"]
    first = api.droplet(vpc, tags=["web"])["id"]
    swarm = {"protocol": "tcp", "ports": "2377", "sources": {"tags": ["web"]}}
    _firewall(api, tags=["web"], inbound_rules=[swarm])
    second = api.droplet(vpc, tags=["web"])["id"]
    assert _peers(api, first) == {f"10.20.0.{first}/32", f"198.51.100.{first}/32", f"10.20.0.{second}/32", f"198.51.100.{second}/32"}
    api.delete(f"/v2/droplets/{second}")
    api.wait_gone(f"/v2/droplets/{second}")
    assert _peers(api, first) == {f"10.20.0.{first}/32", f"198.51.100.{first}/32"}


def test_all_ports_are_answered_as_zero(api: Api) -> None:
    api.post("/v2/tags", name="web")
    everything = {"protocol": "tcp", "ports": "all", "destinations": EVERYBODY}
    assert _firewall(api, tags=["web"], outbound_rules=[everything])["outbound_rules"] == [everything | {"ports": "0"}]


def test_all_ports_reach_the_world_as_no_restriction(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"], tags=["web"])["id"]
    _firewall(api, tags=["web"], outbound_rules=[{"protocol": "udp", "ports": "all", "destinations": EVERYBODY}])
    assert api.world.firewalls[droplet] == [Rule(direction="out", protocol="udp", ports="", peers=("0.0.0.0/0",))]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"tags": ["nobody"], "inbound_rules": [HTTPS]}, "tags do not exist: nobody"),
        ({"inbound_rules": [{**HTTPS, "sources": {"tags": ["nobody"]}}]}, "tags do not exist: nobody"),
        ({"droplet_ids": [4711], "inbound_rules": [HTTPS]}, "droplets do not exist: 4711"),
        ({}, "at least one rule"),
        ({"inbound_rules": [{**HTTPS, "sources": {}}]}, "has no sources"),
        ({"inbound_rules": [{**HTTPS, "ports": "https"}]}, "ports"),
        ({"inbound_rules": [{**HTTPS, "sources": {"addresses": ["everybody"]}}]}, "addresses"),
    ],
)
def test_a_firewall_that_means_nobody_is_refused(api: Api, fields: dict[str, Any], reason: str) -> None:
    assert reason in api.refused(422, "POST", "/v2/firewalls", **({"name": "web"} | fields))


def test_a_firewall_that_the_world_refuses_has_failed_until_the_next_change(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"], tags=["web"])["id"]
    api.world.broken = "set_firewall"
    firewall = _firewall(api, tags=["web"], inbound_rules=[HTTPS])
    assert firewall["status"] == "failed"
    api.world.broken = ""
    changed = api.put(f"/v2/firewalls/{firewall['id']}", name="web", tags=["web"], inbound_rules=[HTTPS])
    assert changed["firewall"]["status"] == "succeeded"
    assert api.world.firewalls[droplet] == [HTTPS_IN]


def test_a_machine_that_is_dead_keeps_no_other_from_booting(api: Api) -> None:
    vpc = api.vpc()["id"]
    dead = api.droplet(vpc, tags=["web"])["id"]
    swarm = {"protocol": "tcp", "ports": "2377", "sources": {"tags": ["web"]}}
    _firewall(api, tags=["web"], inbound_rules=[swarm])
    api.world.dead = dead
    assert api.droplet(vpc, tags=["web"])["status"] == "active"


def _firewall(api: Api, **fields: Any) -> Any:
    return api.post("/v2/firewalls", **({"name": "web"} | fields))["firewall"]


def _peers(api: Api, droplet: int) -> set[str]:
    rules = api.world.firewalls[droplet]
    assert rules is not None
    return {peer for rule in rules for peer in rule.peers}
