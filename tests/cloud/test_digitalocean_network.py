"""Networks, reserved IPs and DNS."""

import pytest

from tests.cloud.digitalocean_server import Api


def test_a_network_with_members_is_not_deleted(api: Api) -> None:
    vpc = api.vpc()["id"]
    droplet = api.droplet(vpc)["id"]
    assert "members" in api.refused(403, "DELETE", f"/v2/vpcs/{vpc}")
    assert [member["urn"] for member in api.get(f"/v2/vpcs/{vpc}/members")["members"]] == [f"do:droplet:{droplet}"]
    api.delete(f"/v2/droplets/{droplet}")
    api.wait_gone(f"/v2/droplets/{droplet}")
    api.delete(f"/v2/vpcs/{vpc}")
    api.refused(404, "GET", f"/v2/vpcs/{vpc}")


def test_two_networks_do_not_overlap(api: Api) -> None:
    api.vpc(ip_range="10.20.0.0/16")
    message = api.refused(422, "POST", "/v2/vpcs", name="other", region="fra1", ip_range="10.20.4.0/24")
    assert "overlaps with another VPC" in message


def test_a_network_without_a_range_gets_a_free_one(api: Api) -> None:
    first, second = (api.post("/v2/vpcs", name=name, region="fra1")["vpc"]["ip_range"] for name in ("one", "two"))
    assert first != second


@pytest.mark.parametrize("ip_range", ["10.20.0.0", "10.20.0.1/20", "10.0.0.0/8", "198.51.100.0/24x", "8.8.8.0/24", "fd00::/64"])
def test_a_range_that_is_no_private_network_is_refused(api: Api, ip_range: str) -> None:
    assert "ip_range" in api.refused(422, "POST", "/v2/vpcs", name="net", region="fra1", ip_range=ip_range)


def test_a_networks_name_is_unique_and_can_be_changed(api: Api) -> None:
    path = f"/v2/vpcs/{api.vpc()['id']}"
    assert "unique" in api.refused(422, "POST", "/v2/vpcs", name="net", region="fra1")
    assert api.put(path, name="net", description="of the site")["vpc"]["description"] == "of the site"
    assert api.send("PATCH", path, {"name": "other"}).json()["vpc"]["description"] == "of the site"


def test_a_network_that_could_not_be_made_is_not_there(api: Api) -> None:
    api.world.broken = "create_vpc"
    assert api.refused(422, "POST", "/v2/vpcs", name="net", region="fra1") == "create_vpc does not work"
    assert not api.get("/v2/vpcs")["vpcs"]


def test_a_reserved_ip_starts_on_no_droplet(api: Api) -> None:
    reserved = api.post("/v2/reserved_ips", region="fra1")["reserved_ip"]
    assert (reserved["droplet"], reserved["locked"]) == (None, False)


def test_a_reserved_ip_moves_from_droplet_to_droplet(api: Api) -> None:
    vpc, ip = api.vpc()["id"], _reserved(api)
    first, second = api.droplet(vpc)["id"], api.droplet(vpc)["id"]
    for droplet in (first, second):
        action = api.post(f"/v2/reserved_ips/{ip}/actions", type="assign", droplet_id=droplet)["action"]
        assert api.get(f"/v2/reserved_ips/{ip}/actions/{action['id']}")["action"]["status"] == "completed"
        assert api.get(f"/v2/reserved_ips/{ip}")["reserved_ip"]["droplet"]["id"] == droplet
        assert api.world.assigned[ip] == droplet


def test_a_droplet_holds_one_reserved_ip(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    api.post(f"/v2/reserved_ips/{_reserved(api)}/actions", type="assign", droplet_id=droplet)
    message = api.refused(422, "POST", f"/v2/reserved_ips/{_reserved(api)}/actions", type="assign", droplet_id=droplet)
    assert "already has a reserved IP" in message


def test_a_reserved_ip_of_another_region_is_not_assigned(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    ip = api.post("/v2/reserved_ips", region="nyc1")["reserved_ip"]["ip"]
    assert "same region" in api.refused(422, "POST", f"/v2/reserved_ips/{ip}/actions", type="assign", droplet_id=droplet)


def test_a_reserved_ip_that_is_on_no_droplet_is_not_unassigned(api: Api) -> None:
    assert "not assigned" in api.refused(422, "POST", f"/v2/reserved_ips/{_reserved(api)}/actions", type="unassign")


def test_a_reserved_ip_can_be_made_for_a_droplet(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    made = api.post("/v2/reserved_ips", droplet_id=droplet)
    assert made["reserved_ip"]["droplet"]["id"] == droplet
    assert len(made["links"]["actions"]) == 1


def test_deleting_a_droplet_takes_its_reserved_ip_off(api: Api) -> None:
    droplet, ip = api.droplet(api.vpc()["id"])["id"], _reserved(api)
    api.post(f"/v2/reserved_ips/{ip}/actions", type="assign", droplet_id=droplet)
    api.delete(f"/v2/droplets/{droplet}")
    api.wait_gone(f"/v2/droplets/{droplet}")
    assert api.get(f"/v2/reserved_ips/{ip}")["reserved_ip"]["droplet"] is None
    assert api.world.assigned[ip] is None


def test_a_reserved_ip_is_taken_off_and_given_back(api: Api) -> None:
    droplet, ip = api.droplet(api.vpc()["id"])["id"], _reserved(api)
    api.post(f"/v2/reserved_ips/{ip}/actions", type="assign", droplet_id=droplet)
    api.delete(f"/v2/reserved_ips/{ip}")
    api.refused(404, "GET", f"/v2/reserved_ips/{ip}")
    assert api.world.assigned[ip] is None


def test_a_records_are_the_names_that_the_world_answers(api: Api) -> None:
    api.post("/v2/domains", name="example.org", ip_address="198.51.100.7")
    for address in ("198.51.100.8", "198.51.100.9"):
        api.post("/v2/domains/example.org/records", type="A", name="www", data=address, ttl=300)
    api.post("/v2/domains/example.org/records", type="TXT", name="@", data="v=spf1 -all")
    assert api.world.names == {"example.org": ["198.51.100.7"], "www.example.org": ["198.51.100.8", "198.51.100.9"]}


def test_a_changed_record_keeps_what_was_not_changed(api: Api) -> None:
    api.post("/v2/domains", name="example.org")
    record = api.post("/v2/domains/example.org/records", type="A", name="www", data="198.51.100.8", ttl=300)["domain_record"]
    changed = api.put(f"/v2/domains/example.org/records/{record['id']}", type="A", data="198.51.100.9")["domain_record"]
    assert changed == {**record, "data": "198.51.100.9"}
    assert api.world.names == {"www.example.org": ["198.51.100.9"]}


def test_a_name_is_gone_with_its_record_and_with_its_domain(api: Api) -> None:
    api.post("/v2/domains", name="example.org", ip_address="198.51.100.7")
    record = api.post("/v2/domains/example.org/records", type="A", name="www", data="198.51.100.8")["domain_record"]
    api.delete(f"/v2/domains/example.org/records/{record['id']}")
    assert list(api.world.names) == ["example.org"]
    api.delete("/v2/domains/example.org")
    assert api.world.names == {}
    api.refused(404, "GET", "/v2/domains/example.org")


def test_a_cname_is_given_with_a_dot_and_answered_without(api: Api) -> None:
    api.post("/v2/domains", name="example.org")
    records = "/v2/domains/example.org/records"
    assert "end with a dot" in api.refused(422, "POST", records, type="CNAME", name="www", data="example.org")
    assert api.post(records, type="CNAME", name="www", data="example.org.")["domain_record"]["data"] == "example.org"


def test_a_cname_shares_its_name_with_no_record(api: Api) -> None:
    api.post("/v2/domains", name="example.org", ip_address="198.51.100.7")
    message = api.refused(422, "POST", "/v2/domains/example.org/records", type="CNAME", name="@", data="elsewhere.org.")
    assert "CNAME" in message


def test_an_a_record_holds_an_ipv4_address(api: Api) -> None:
    api.post("/v2/domains", name="example.org")
    assert "no IPv4 address" in api.refused(422, "POST", "/v2/domains/example.org/records", type="A", name="@", data="::1")


def test_records_are_found_by_type_and_full_name(api: Api) -> None:
    api.post("/v2/domains", name="example.org", ip_address="198.51.100.7")
    api.post("/v2/domains/example.org/records", type="TXT", name="@", data="text")
    found = api.get("/v2/domains/example.org/records?type=A&name=example.org")["domain_records"]
    assert [record["data"] for record in found] == ["198.51.100.7"]


def test_a_domain_is_made_once(api: Api) -> None:
    api.post("/v2/domains", name="example.org")
    assert "there already" in api.refused(422, "POST", "/v2/domains", name="example.org")


def _reserved(api: Api) -> str:
    ip: str = api.post("/v2/reserved_ips", region="fra1")["reserved_ip"]["ip"]
    return ip
