"""Droplets: they boot, act, are deleted; and what goes with them."""

import pytest

from tests.cloud.digitalocean_server import Api

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChQyYU8Cp7LVLTW3ln5kvvH6CxIyR6Kx8kTOpoNo"


def test_a_droplet_is_new_and_locked_until_it_has_booted(api: Api) -> None:
    vpc = api.vpc()["id"]
    api.world.hold.clear()
    droplet = api.new_droplet(vpc)
    assert (droplet["status"], droplet["locked"], droplet["networks"]["v4"]) == ("new", True, [])
    api.world.hold.set()
    booted = api.wait(f"/v2/droplets/{droplet['id']}", lambda found: not found["droplet"]["locked"])["droplet"]
    assert booted["status"] == "active"
    assert {network["type"] for network in booted["networks"]["v4"]} == {"public", "private"}


def test_the_netmask_of_the_private_network_is_the_vpcs(api: Api) -> None:
    droplet = api.droplet(api.vpc(ip_range="10.20.0.0/16")["id"])
    assert [each["netmask"] for each in droplet["networks"]["v4"] if each["type"] == "private"] == ["255.255.0.0"]


def test_the_create_action_is_linked_and_completes(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])
    actions = api.get(f"/v2/droplets/{droplet['id']}/actions")["actions"]
    assert [(action["type"], action["status"]) for action in actions] == [("create", "completed")]
    assert api.get(f"/v2/actions/{actions[0]['id']}")["action"]["completed_at"]


def test_the_machine_gets_user_data_keys_and_the_memory_of_its_size(api: Api) -> None:
    key = api.post("/v2/account/keys", name="ci", public_key=KEY)["ssh_key"]
    droplet = api.droplet(api.vpc()["id"], user_data="#cloud-config\n", ssh_keys=[key["id"]], size="s-2vcpu-4gb")
    order = api.world.orders[droplet["id"]]
    assert (order["user_data"], order["public_keys"], order["memory"]) == ("#cloud-config\n", [KEY], 4096)


def test_a_key_can_be_named_by_its_fingerprint(api: Api) -> None:
    key = api.post("/v2/account/keys", name="ci", public_key=KEY)["ssh_key"]
    droplet = api.droplet(api.vpc()["id"], ssh_keys=[key["fingerprint"]])
    assert api.world.orders[droplet["id"]]["public_keys"] == [KEY]


def test_two_droplets_may_have_one_name(api: Api) -> None:
    vpc = api.vpc()["id"]
    assert api.droplet(vpc)["id"] != api.droplet(vpc)["id"]
    assert len(api.get("/v2/droplets?name=web")["droplets"]) == 2


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"region": "mars1"}, "invalid region"),
        ({"size": "s-99vcpu"}, "invalid size"),
        ({"image": "plan9"}, "invalid image"),
        ({"ssh_keys": [4711]}, "invalid key identifiers"),
        ({"vpc_uuid": "00000000-0000-4000-8000-000000000000"}, "does not exist"),
        ({"vpc_uuid": None}, "no default VPC"),
        ({"region": "nyc1"}, "does not exist in the region nyc1"),
        ({"name": "under_score"}, "name"),
        ({"ipv6": True}, "IPv4"),
    ],
)
def test_an_order_that_cannot_be_met_is_refused(api: Api, wrong: dict[str, object], reason: str) -> None:
    order = {"name": "web", "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-13-x64", "vpc_uuid": api.vpc()["id"]}
    assert reason in api.refused(422, "POST", "/v2/droplets", **(order | wrong))
    assert not api.get("/v2/droplets")["droplets"]


def test_a_boot_that_fails_leaves_a_droplet_that_is_off_and_an_errored_action(api: Api) -> None:
    api.world.broken = "create_droplet"
    droplet = api.droplet(api.vpc()["id"])
    assert droplet["status"] == "off"
    assert api.get(f"/v2/droplets/{droplet['id']}/actions")["actions"][0]["status"] == "errored"


def test_a_droplet_that_did_not_boot_can_be_deleted(api: Api) -> None:
    api.world.broken = "create_droplet"
    path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
    api.delete(path)
    api.wait_gone(path)


def test_a_deleted_droplet_is_there_until_its_machine_is_gone(api: Api) -> None:
    path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
    api.world.hold.clear()
    api.delete(path)
    assert api.get(path)["droplet"]["locked"]
    api.world.hold.set()
    api.wait_gone(path)


def test_a_deletion_that_fails_can_be_tried_again(api: Api) -> None:
    path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
    api.world.broken = "delete_droplet"
    api.delete(path)
    api.wait(path, lambda found: not found["droplet"]["locked"])
    api.world.broken = ""
    api.delete(path)
    api.wait_gone(path)


def test_a_droplet_that_boots_takes_no_other_event(api: Api) -> None:
    vpc = api.vpc()["id"]
    api.world.hold.clear()
    path = f"/v2/droplets/{api.new_droplet(vpc)['id']}"
    assert "pending event" in api.refused(422, "DELETE", path)
    assert "pending event" in api.refused(422, "POST", f"{path}/actions", type="power_off")
    api.world.hold.set()


def test_a_droplet_that_is_gone_is_not_found(api: Api) -> None:
    api.refused(404, "GET", "/v2/droplets/7")
    api.refused(404, "DELETE", "/v2/droplets/7")


def test_a_droplet_is_resized_only_while_it_is_off(api: Api) -> None:
    path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
    assert "power off" in api.refused(422, "POST", f"{path}/actions", type="resize", size="s-2vcpu-4gb")
    _act(api, path, "power_off")
    _act(api, path, "resize", size="s-2vcpu-4gb")
    droplet = api.get(path)["droplet"]
    assert (droplet["size_slug"], droplet["memory"], droplet["disk"], droplet["status"]) == ("s-2vcpu-4gb", 4096, 25, "off")
    _act(api, path, "power_on")
    assert api.get(path)["droplet"]["status"] == "active"


def test_a_disk_that_grew_does_not_become_smaller(api: Api) -> None:
    path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
    _act(api, path, "power_off")
    _act(api, path, "resize", size="s-2vcpu-4gb", disk=True)
    assert "smaller" in api.refused(422, "POST", f"{path}/actions", type="resize", size="s-1vcpu-1gb")


def test_a_reboot_is_off_and_on_again(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    _act(api, f"/v2/droplets/{droplet}", "reboot")
    assert [about for call, about in api.world.calls if call == "power"] == [(droplet, False), (droplet, True)]


def test_a_machine_that_starts_again_is_told_its_firewall_again(api: Api) -> None:
    droplet = api.droplet(api.vpc()["id"])["id"]
    before = api.world.count("set_firewall")
    _act(api, f"/v2/droplets/{droplet}", "reboot")
    assert api.world.count("set_firewall") == before + 1


def test_a_switch_that_does_not_work_is_an_errored_action(api: Api) -> None:
    path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
    api.world.broken = "power"
    action = api.post(f"{path}/actions", type="power_off")["action"]
    api.wait(f"{path}/actions/{action['id']}", lambda found: found["action"]["status"] == "errored")
    assert not api.get(path)["droplet"]["locked"]


def test_a_droplet_is_renamed_and_backed_up_at_once(api: Api) -> None:
    path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
    api.post(f"{path}/actions", type="rename", name="db")
    api.post(f"{path}/actions", type="enable_backups")
    droplet = api.get(path)["droplet"]
    assert droplet["name"] == "db"
    assert "backups" in droplet["features"]


def _act(api: Api, path: str, kind: str, **fields: object) -> None:
    action = api.post(f"{path}/actions", type=kind, **fields)["action"]
    api.wait(f"{path}/actions/{action['id']}", lambda found: found["action"]["status"] == "completed")
