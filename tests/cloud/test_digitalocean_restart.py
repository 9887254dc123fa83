"""The process ends and starts again: what was there is there, what was under way goes on."""

import shutil
from pathlib import Path

from tests.cloud.digitalocean_server import Api, serving
from tests.cloud.recording_world import RecordingWorld

HTTPS = {"protocol": "tcp", "ports": "443", "sources": {"addresses": ["0.0.0.0/0"]}}


def test_everything_is_there_after_a_restart_and_the_world_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, RecordingWorld()) as api:
        vpc = api.vpc()["id"]
        droplet = api.droplet(vpc, tags=["web"])
        cluster = api.cluster(vpc)
        api.post("/v2/firewalls", name="web", tags=["web"], inbound_rules=[HTTPS])
        api.post("/v2/domains", name="example.org", ip_address="198.51.100.7")
        before = api.inventory()
    with serving(tmp_path, RecordingWorld()) as again:
        assert again.inventory() == before
        assert again.get(f"/v2/droplets/{droplet['id']}")["droplet"] == droplet
        assert again.world.firewalls == api.world.firewalls
        assert again.world.names == {"example.org": ["198.51.100.7"]}
        assert again.world.trusted == {cluster["id"]: None}
        assert again.world.count("create_droplet") == again.world.count("create_cluster") == 0


def test_a_droplet_that_was_booting_boots_again_from_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with serving(tmp_path, RecordingWorld()) as api:
        vpc = api.vpc()["id"]
        api.world.hold.clear()
        droplet = api.new_droplet(vpc, user_data="#cloud-config\n")["id"]
        _cut(tmp_path, kept)
        api.world.hold.set()
    with serving(kept, RecordingWorld()) as again:
        again.wait(f"/v2/droplets/{droplet}", lambda found: found["droplet"]["status"] == "active")
        assert [call for call, _ in again.world.calls if call.endswith("_droplet")] == ["delete_droplet", "create_droplet"]
        assert again.world.orders[droplet]["user_data"] == "#cloud-config\n"


def test_a_cluster_that_was_being_made_is_made(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with serving(tmp_path, RecordingWorld()) as api:
        vpc = api.vpc()["id"]
        api.world.hold.clear()
        cluster = api.new_cluster(vpc)
        _cut(tmp_path, kept)
        api.world.hold.set()
    with serving(kept, RecordingWorld()) as again:
        found = again.wait(f"/v2/databases/{cluster['id']}", lambda found: found["database"]["status"] == "online")["database"]
        assert found["connection"]["password"] == cluster["connection"]["password"] == again.world.passwords["doadmin"]


def test_a_deletion_that_was_under_way_goes_on(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with serving(tmp_path, RecordingWorld()) as api:
        path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
        api.world.hold.clear()
        api.delete(path)
        _cut(tmp_path, kept)
        api.world.hold.set()
    with serving(kept, RecordingWorld()) as again:
        again.wait_gone(path)


def test_a_switch_that_was_being_thrown_is_thrown(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with serving(tmp_path, RecordingWorld()) as api:
        path = f"/v2/droplets/{api.droplet(api.vpc()['id'])['id']}"
        api.world.hold.clear()
        action = api.post(f"{path}/actions", type="reboot")["action"]["id"]
        _cut(tmp_path, kept)
        api.world.hold.set()
    with serving(kept, RecordingWorld()) as again:
        again.wait(f"{path}/actions/{action}", lambda found: found["action"]["status"] == "completed")
        assert again.get(path)["droplet"]["status"] == "active"


def test_user_data_is_not_kept_once_the_droplet_has_booted(api: Api, tmp_path: Path) -> None:
    api.droplet(api.vpc()["id"], user_data="the secret in the user data")
    assert "the secret in the user data" not in (tmp_path / "cloud.json").read_text()


def _cut(folder: Path, kept: Path) -> None:
    """The state as a process that is killed now leaves it."""
    kept.mkdir()
    shutil.copy(folder / "cloud.json", kept)
