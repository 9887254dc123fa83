"""Orphans: what bears the stack's name and is in no state. They are named, and deleted only when a person says which."""

import pytest

from tests.ci.stage import DROPLET, RECORD, TAG, VPC, Stage, droplet, resource, wait_until

pytestmark = pytest.mark.integration

DELETE = "python -m ci recover --stack staging --delete"


def test_a_droplet_in_no_state_is_named_with_the_command_that_deletes_it(stage: Stage) -> None:
    orphan = stage.new_droplet()
    ran = stage.recover()
    assert (ran.code, ran.out) == (4, f"! Droplet site-staging is in no state: {DELETE} Droplet/{orphan}\n")


def test_the_command_that_was_named_deletes_it(stage: Stage) -> None:
    orphan = stage.new_droplet()
    ran = stage.recover("--delete", f"Droplet/{orphan}")
    assert f"✓ deleted Droplet/{orphan}\n" in ran.out
    with stage.site.digitalocean() as client:
        wait_until(lambda: not client.droplets.list()["droplets"])
    assert stage.recover().code == 0


def test_what_is_in_the_state_is_no_orphan_also_where_it_waits_to_be_deleted(stage: Stage) -> None:
    used, old = stage.new_droplet(), stage.new_droplet()
    stage.holds(*droplet(used), droplet(old, delete=True)[-1])
    assert stage.recover().code == 0
    for id in (used, old):
        ran = stage.recover("--delete", f"Droplet/{id}")
        assert ran.code == 1
        assert f"--delete Droplet/{id}: no orphan of staging is called so; `python -m ci recover --stack staging`" in ran.err
    with stage.site.digitalocean() as client:
        assert len(client.droplets.list()["droplets"]) == 2


@pytest.mark.parametrize("name", ["site-production", "site-stagings", "web"])
def test_what_bears_another_name_is_never_deleted(stage: Stage, name: str) -> None:
    other = stage.new_droplet(name)
    assert stage.recover().code == 0
    assert stage.recover("--delete", f"Droplet/{other}").code == 1
    with stage.site.digitalocean() as client:
        assert [found["name"] for found in client.droplets.list()["droplets"]] == [name]


@pytest.mark.parametrize("word", ["Droplet/", "Droplet", "/1", "Nothing/1", "Droplet/999999"])
def test_what_is_not_there_is_refused(stage: Stage, word: str) -> None:
    ran = stage.recover("--delete", word)
    assert ran.code == 1
    assert "no orphan of staging is called so" in ran.err


def test_an_address_that_nobody_uses_can_be_deleted_though_it_is_not_named(stage: Stage) -> None:
    address = stage.new_address()
    assert stage.recover().code == 0
    assert stage.recover("--delete", f"ReservedIp/{address}").code == 0
    with stage.site.digitalocean() as client:
        assert client.reserved_ips.list()["reserved_ips"] == []


def test_an_address_in_use_is_refused(stage: Stage) -> None:
    address = stage.new_address()
    with stage.site.digitalocean() as client:
        client.reserved_ips_actions.post(address, body={"type": "assign", "droplet_id": int(stage.new_droplet("site-production"))})
        assert stage.recover("--delete", f"ReservedIp/{address}").code == 1
        assert [found["ip"] for found in client.reserved_ips.list()["reserved_ips"]] == [address]


def test_what_is_still_used_is_told_in_words(stage: Stage) -> None:
    vpc = stage.new_vpc("site-staging")
    stage.new_droplet("web")
    ran = stage.recover("--delete", f"Vpc/{vpc['id']}")
    assert ran.code == 1
    assert ran.err.startswith("error: DigitalOcean: ")
    assert "what it is used by has to go first" in ran.err


def test_a_tag_of_the_stacks_name_can_be_deleted(stage: Stage) -> None:
    with stage.site.digitalocean() as client:
        client.tags.create(body={"name": "site-staging"})
        assert stage.recover("--delete", "Tag/site-staging").code == 0
        assert client.tags.list()["tags"] == []


def test_an_alert_goes_with_its_check(stage: Stage) -> None:
    with stage.site.digitalocean() as client:
        body = {"name": "site-staging", "type": "https", "target": "https://staging.example.com/", "regions": ["eu_west"], "enabled": True}
        check = client.uptime.create_check(body=body)["check"]["id"]
        alert = {"name": "site-staging-down", "type": "down", "notifications": {"email": ["ops@example.com"], "slack": []}, "period": "2m"}
        made = client.uptime.create_alert(check, body=alert)["alert"]["id"]
        ran = stage.recover("--delete", f"UptimeAlert/{made}")
        assert ran.code == 1
        assert f"UptimeAlert {made} can't be deleted from here" in ran.err
        assert stage.recover("--delete", f"UptimeCheck/{check}").code == 0
        assert stage.recover().code == 0


def test_a_second_record_is_deleted_in_its_own_zone(stage: Stage) -> None:
    order = {"type": "A", "name": "staging", "data": "203.0.113.20"}
    with stage.site.digitalocean() as client:
        for zone in ("example.com", "example.org"):
            client.domains.create(body={"name": zone})
        first, second = (client.domains.create_record("example.org", body=order)["domain_record"]["id"] for _ in range(2))
        other = client.domains.create_record("example.com", body=order)["domain_record"]["id"]
        stage.holds(
            resource(RECORD, "org", str(first), {"domain": "example.org", "name": "staging", "type": "A"}),
            resource(RECORD, "com", str(other), {"domain": "example.com", "name": "staging", "type": "A"}),
        )
        assert f"{DELETE} DnsRecord/{second}\n" in stage.recover().out
        assert stage.recover("--delete", f"DnsRecord/{second}").code == 0
        left = client.domains.list_records("example.org", type="A")["domain_records"]
        assert [record["id"] for record in left] == [first]


def test_orphans_are_named_beside_what_was_mended(stage: Stage) -> None:
    stage.holds(resource(VPC, "network", stage.new_vpc("site-staging")["id"], {"name": "site-staging"}), resource(TAG, "network", "t"))
    stage.new_droplet()
    ran = stage.recover()
    assert ran.code == 4
    assert "Vpc" not in ran.out
    assert DROPLET.rpartition(":")[2] in ran.out
