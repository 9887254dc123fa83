"""What a client made is read again as it was answered: alone, and in the list of its kind. Importing it needs no more."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cloud.digitalocean_server import Api

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChQyYU8Cp7LVLTW3ln5kvvH6CxIyR6Kx8kTOpoNo"
MAIL = {"email": ["ops@example.org"], "slack": None}
HTTPS = {"protocol": "tcp", "ports": "443", "sources": {"addresses": ["0.0.0.0/0"]}}
CHECK = {"name": "site", "type": "https", "target": "https://example.org", "regions": ["eu_west"], "enabled": True}
DOWN = {"name": "down", "type": "down", "threshold": 1, "comparison": "less_than", "notifications": MAIL, "period": "2m"}
CPU = {"alerts": MAIL, "compare": "GreaterThan", "description": "cpu", "enabled": True, "entities": None, "tags": ["web"]}
CPU |= {"type": "v1/insights/droplet/cpu", "value": 80, "window": "5m"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Objects below `path`, in which `{cluster}` and `{check}` are known; `one` and `many` are what replies call them."""

    path: str
    one: str
    many: str
    identity: str = "id"
    body: dict[str, Any] = field(default_factory=dict)


KINDS = [
    Kind(path="/v2/vpcs", one="vpc", many="vpcs", body={"name": "other", "region": "fra1", "ip_range": "10.30.0.0/20"}),
    Kind(path="/v2/account/keys", one="ssh_key", many="ssh_keys", body={"name": "ci", "public_key": KEY}),
    Kind(path="/v2/tags", one="tag", many="tags", identity="name", body={"name": "web"}),
    Kind(path="/v2/reserved_ips", one="reserved_ip", many="reserved_ips", identity="ip", body={"region": "fra1"}),
    Kind(path="/v2/firewalls", one="firewall", many="firewalls", body={"name": "web", "inbound_rules": [HTTPS]}),
    Kind(
        path="/v2/domains/example.org/records",
        one="domain_record",
        many="domain_records",
        body={"type": "A", "name": "www", "data": "198.51.100.7"},
    ),
    Kind(path="/v2/databases/{cluster}/dbs", one="db", many="dbs", identity="name", body={"name": "site"}),
    Kind(path="/v2/databases/{cluster}/users", one="user", many="users", identity="name", body={"name": "site"}),
    Kind(
        path="/v2/databases/{cluster}/pools",
        one="pool",
        many="pools",
        identity="name",
        body={"name": "pool", "mode": "transaction", "size": 5, "db": "defaultdb", "user": ""},
    ),
    Kind(
        path="/v2/registries",
        one="registry",
        many="registries",
        identity="name",
        body={"name": "rehearsal", "subscription_tier_slug": "starter"},
    ),
    Kind(path="/v2/uptime/checks", one="check", many="checks", body=CHECK),
    Kind(path="/v2/uptime/checks/{check}/alerts", one="alert", many="alerts", body=DOWN),
    Kind(path="/v2/monitoring/alerts", one="policy", many="policies", identity="uuid", body=CPU),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.one)
def test_it_is_read_as_it_was_answered(api: Api, kind: Kind) -> None:
    api.post("/v2/domains", name="example.org")
    check = api.post("/v2/uptime/checks", **CHECK)["check"]["id"]
    path = kind.path.format(cluster=api.cluster(api.vpc()["id"])["id"], check=check)
    made = api.post(path, **kind.body)[kind.one]
    assert api.get(f"{path}/{made[kind.identity]}")[kind.one] == made
    assert made in api.get(path)[kind.many]
    if kind.one != "tag":
        api.delete(f"{path}/{made[kind.identity]}")
        assert made not in api.get(path)[kind.many]


def test_a_domain_is_read_with_its_zone_file(api: Api) -> None:
    api.post("/v2/domains", name="example.org")
    domain = api.get("/v2/domains/example.org")["domain"]
    assert (domain["name"], domain["ttl"], "example.org." in domain["zone_file"]) == ("example.org", 1800, True)
    assert api.get("/v2/domains")["domains"] == [domain]


def test_a_cluster_is_listed_as_it_is_read(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])
    assert api.get("/v2/databases")["databases"] == [cluster]


def test_a_record_is_changed_in_part(api: Api) -> None:
    api.post("/v2/domains", name="example.org")
    records = "/v2/domains/example.org/records"
    record = api.post(records, type="A", name="www", data="198.51.100.7")["domain_record"]
    assert api.send("PATCH", f"{records}/{record['id']}", {"type": "A", "data": "198.51.100.8"}).is_success
    assert api.get(f"{records}/{record['id']}")["domain_record"] == record | {"data": "198.51.100.8"}


def test_the_only_registry_is_read_without_its_name(api: Api) -> None:
    registry = api.post("/v2/registry", name="rehearsal", subscription_tier_slug="starter")["registry"]
    assert api.get("/v2/registry")["registry"] == registry
    changed = api.post("/v2/registry/subscription", tier_slug="basic")["subscription"]
    assert (changed["tier"]["slug"], api.get("/v2/registry/subscription")["subscription"]) == ("basic", changed)
    assert api.get("/v2/registry/docker-credentials")["auths"]


def test_the_actions_of_a_reserved_ip_are_listed(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    ip = api.post("/v2/reserved_ips", droplet_id=droplet)["reserved_ip"]["ip"]
    action = api.post(f"/v2/reserved_ips/{ip}/actions", type="unassign")["action"]["id"]
    assert action in [found["id"] for found in api.get(f"/v2/reserved_ips/{ip}/actions")["actions"]]
    assert action in [found["id"] for found in api.get("/v2/actions")["actions"]]
