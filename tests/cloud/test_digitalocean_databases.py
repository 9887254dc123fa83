"""Managed Postgres: the cluster, what is inside, and who may connect."""

import base64
from typing import Any

import pytest

from rehearsal.cloud.world import Pool
from tests.cloud.digitalocean_server import Api


def test_a_cluster_is_creating_until_it_is_online(api: Api) -> None:
    vpc = api.vpc()["id"]
    api.world.hold.clear()
    cluster = api.new_cluster(vpc)
    # The Terraform provider keeps the password of this first answer, and builds its URIs with it.
    assert (cluster["status"], cluster["connection"]["user"], bool(cluster["connection"]["password"])) == ("creating", "doadmin", True)
    api.world.hold.set()
    api.wait(f"/v2/databases/{cluster['id']}", lambda found: found["database"]["status"] == "online")


def test_a_cluster_is_reached_by_a_public_and_a_private_name(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])
    password = api.world.passwords["doadmin"]
    assert cluster["private_connection"]["uri"] == f"postgresql://doadmin:{password}@private-db.test:25060/defaultdb?sslmode=require"
    assert (cluster["connection"]["host"], cluster["connection"]["ssl"]) == ("db.test", True)
    assert (cluster["db_names"], [user["name"] for user in cluster["users"]]) == (["defaultdb"], ["doadmin"])


def test_the_certificate_of_the_ca_comes_encoded(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])["id"]
    certificate = api.get(f"/v2/databases/{cluster}/ca")["ca"]["certificate"]
    assert base64.b64decode(certificate) == b"-----BEGIN CERTIFICATE-----"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"num_nodes": 2}, "no standby nodes"),
        ({"num_nodes": 9, "size": "db-s-1vcpu-2gb"}, "num_nodes"),
        ({"engine": "mysql"}, "engine"),
        ({"version": "9"}, "version"),
        ({"size": "s-1vcpu-1gb"}, "size"),
        ({"region": "mars1"}, "region"),
        ({"private_network_uuid": "00000000-0000-4000-8000-000000000000"}, "does not exist"),
    ],
)
def test_a_cluster_that_is_not_offered_is_refused(api: Api, wrong: dict[str, Any], reason: str) -> None:
    order = {"name": "main", "engine": "pg", "version": "17", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "fra1"}
    order |= {"private_network_uuid": api.vpc()["id"]}
    assert reason in api.refused(422, "POST", "/v2/databases", **(order | wrong))


def test_a_cluster_that_could_not_be_made_says_so_and_can_be_deleted(api: Api) -> None:
    vpc = api.vpc()["id"]
    api.world.broken = "create_cluster"
    path = f"/v2/databases/{api.new_cluster(vpc)['id']}"
    while (reply := api.send("GET", path)).status_code == 200:
        assert reply.json()["database"]["status"] == "creating"
    assert "create_cluster does not work" in reply.json()["message"]
    api.delete(path)
    api.wait_gone(path)


def test_nothing_is_made_inside_a_cluster_that_is_not_online(api: Api) -> None:
    vpc = api.vpc()["id"]
    api.world.hold.clear()
    cluster = api.new_cluster(vpc)["id"]
    assert "not online" in api.refused(412, "POST", f"/v2/databases/{cluster}/users", name="site")
    api.world.hold.set()


def test_a_cluster_is_resized_upgraded_and_maintained(api: Api) -> None:
    path = f"/v2/databases/{api.cluster(api.vpc()['id'], version='16')['id']}"
    assert api.send("PUT", f"{path}/resize", {"size": "db-s-1vcpu-2gb", "num_nodes": 2}).status_code == 202
    api.put(f"{path}/upgrade", version="17")
    api.put(f"{path}/maintenance", day="monday", hour="02:00")
    cluster = api.get(path)["database"]
    assert (cluster["size"], cluster["num_nodes"], cluster["storage_size_mib"]) == ("db-s-1vcpu-2gb", 2, 30720)
    assert cluster["version"] == "17"
    assert (cluster["maintenance_window"]["day"], cluster["maintenance_window"]["hour"]) == ("monday", "02:00:00")


def test_a_version_never_goes_back(api: Api) -> None:
    path = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}"
    assert "no upgrade from 17 to '16'" in api.refused(422, "PUT", f"{path}/upgrade", version="16")


def test_a_user_has_the_password_that_the_service_made(api: Api) -> None:
    users = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}/users"
    made = api.post(users, name="site")["user"]
    assert (made["role"], made["password"]) == ("normal", api.world.passwords["site"])
    assert api.get(f"{users}/site")["user"] == made


def test_a_reset_password_is_another_one(api: Api) -> None:
    path = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}"
    before = api.world.passwords["doadmin"]
    api.post(f"{path}/users/doadmin/reset_auth")
    assert before != api.world.passwords["doadmin"] == api.get(path)["database"]["connection"]["password"]


def test_a_user_is_deleted_but_not_the_first_one(api: Api) -> None:
    users = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}/users"
    api.post(users, name="site")
    api.delete(f"{users}/site")
    api.refused(404, "GET", f"{users}/site")
    api.refused(403, "DELETE", f"{users}/doadmin")
    assert list(api.world.passwords) == ["doadmin"]


def test_a_database_is_made_once(api: Api) -> None:
    databases = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}/dbs"
    api.post(databases, name="site")
    assert "there already" in api.refused(409, "POST", databases, name="site")
    assert [each["name"] for each in api.get(databases)["dbs"]] == ["defaultdb", "site"]
    api.delete(f"{databases}/site")
    api.refused(404, "GET", f"{databases}/site")


def test_a_pool_without_a_user_connects_as_whoever_comes(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])["id"]
    pool = api.post(f"/v2/databases/{cluster}/pools", name="web", mode="transaction", size=5, db="defaultdb", user="")["pool"]
    assert api.world.pools[cluster] == [Pool(name="web", database="defaultdb", user=None, mode="transaction", size=5)]
    assert (pool["user"], pool["private_connection"]["port"], pool["private_connection"]["database"]) == ("", 25061, "web")


def test_a_pool_is_changed_and_deleted(api: Api) -> None:
    path = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}"
    api.post(f"{path}/users", name="site")
    api.post(f"{path}/pools", name="web", mode="transaction", size=5, db="defaultdb", user="site")
    assert api.send("PUT", f"{path}/pools/web", {"mode": "session", "size": 6, "db": "defaultdb", "user": "site"}).status_code == 204
    assert api.get(f"{path}/pools/web")["pool"]["size"] == 6
    assert "connection pools web" in api.refused(422, "DELETE", f"{path}/users/site")
    api.delete(f"{path}/pools/web")
    assert list(api.world.pools.values()) == [[]]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"db": "nothing"}, "no database"), ({"user": "nobody"}, "no user"), ({"size": 23}, "has 22"), ({"mode": "fast"}, "mode")],
)
def test_a_pool_that_cannot_work_is_refused(api: Api, wrong: dict[str, Any], reason: str) -> None:
    pools = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}/pools"
    pool = {"name": "web", "mode": "transaction", "size": 5, "db": "defaultdb"}
    assert reason in api.refused(422, "POST", pools, **(pool | wrong))


def test_without_rules_everybody_may_connect(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])["id"]
    assert api.world.trusted[cluster] is None


def test_trusted_sources_follow_the_droplets_of_a_tag(api: Api) -> None:
    vpc = api.vpc()["id"]
    cluster = api.cluster(vpc)["id"]
    rules = [{"type": "tag", "value": "web"}, {"type": "ip_addr", "value": "192.0.2.7"}]
    api.put(f"/v2/databases/{cluster}/firewall", rules=rules)
    assert api.world.trusted[cluster] == ["192.0.2.7"]
    droplet = api.droplet(vpc, tags=["web"])["id"]
    assert api.world.trusted[cluster] == [f"10.20.0.{droplet}", f"198.51.100.{droplet}", "192.0.2.7"]
    api.delete(f"/v2/droplets/{droplet}")
    api.wait_gone(f"/v2/droplets/{droplet}")
    assert api.world.trusted[cluster] == ["192.0.2.7"]


def test_rules_that_mean_nobody_let_nobody_in(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])["id"]
    api.put(f"/v2/databases/{cluster}/firewall", rules=[{"type": "tag", "value": "web"}])
    assert api.world.trusted[cluster] == []


def test_taking_all_rules_away_opens_the_database(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])["id"]
    api.put(f"/v2/databases/{cluster}/firewall", rules=[{"type": "ip_addr", "value": "192.0.2.7"}])
    api.put(f"/v2/databases/{cluster}/firewall", rules=[])
    assert api.world.trusted[cluster] is None


def test_a_rule_that_stays_keeps_its_identity(api: Api) -> None:
    firewall = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}/firewall"
    one, two = ({"type": "ip_addr", "value": address} for address in ("192.0.2.7", "192.0.2.8"))
    api.put(firewall, rules=[one])
    before = api.get(firewall)["rules"]
    api.put(firewall, rules=[one, two])
    assert api.get(firewall)["rules"][:1] == before


@pytest.mark.parametrize("rule", [{"type": "ip_addr", "value": "here"}, {"type": "droplet", "value": "4711"}])
def test_a_rule_for_what_is_not_there_is_refused(api: Api, rule: dict[str, str]) -> None:
    firewall = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}/firewall"
    assert rule["value"] in api.refused(422, "PUT", firewall, rules=[rule])


def test_a_deleted_cluster_takes_all_that_is_inside_with_it(api: Api) -> None:
    path = f"/v2/databases/{api.cluster(api.vpc()['id'])['id']}"
    api.post(f"{path}/users", name="site")
    api.post(f"{path}/dbs", name="site")
    api.post(f"{path}/pools", name="web", mode="transaction", size=5, db="site")
    api.delete(path)
    api.wait_gone(path)
    assert {entry["kind"] for entry in api.inventory()} == {"digitalocean:vpc"}


def test_a_cluster_has_a_backup_from_its_beginning(api: Api) -> None:
    cluster = api.cluster(api.vpc()["id"])
    [backup] = api.get(f"/v2/databases/{cluster['id']}/backups")["backups"]
    assert backup["created_at"] == cluster["created_at"]
