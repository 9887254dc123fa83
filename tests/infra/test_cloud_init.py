"""What a droplet does at its first boot."""

import json
import re
import shutil
import subprocess
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.servers import SWARM_POOL, user_data
from tests.infra.values import CHECKOUT, STACKS, stack_file

FILE = CHECKOUT / "infra" / "cloud-init.yaml"
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nboot\n-----END OPENSSH PRIVATE KEY-----\n"
PEOPLE = ["ssh-ed25519 AAAA1 operator\n", "ssh-ed25519 AAAA2"]


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    """The file as it lies in the repository."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return content


@pytest.fixture(scope="module")
def given() -> str:
    """The user data of a droplet."""
    return user_data("site-staging", PRIVATE, "ssh-ed25519 AAAA0 boot\n", PEOPLE)


def written(declared: dict[str, Any], path: str) -> str:
    """A file that cloud-init writes."""
    (content,) = [entry["content"] for entry in declared["write_files"] if entry["path"] == path]
    assert isinstance(content, str)
    return content


def test_user_data_is_a_cloud_config(given: str) -> None:
    assert given.startswith("#cloud-config\n"), "without its first line cloud-init ignores it"


def test_user_data_keeps_everything_of_the_file(declared: dict[str, Any], given: str) -> None:
    content = yaml.safe_load(given)
    users = [{key: value for key, value in user.items() if key != "ssh_authorized_keys"} for user in content["users"]]
    assert {**{key: content[key] for key in declared}, "users": users} == declared
    assert content.keys() - declared.keys() == {"hostname", "ssh_keys"}


def test_people_and_the_pipeline_may_log_in_as_deploy_and_nobody_else(given: str) -> None:
    (user,) = yaml.safe_load(given)["users"]
    assert user["name"] == "deploy"
    assert user["ssh_authorized_keys"] == ["ssh-ed25519 AAAA1 operator", "ssh-ed25519 AAAA2"]
    assert user["lock_passwd"] is True


def test_the_boot_key_is_the_hosts_first_identity(given: str) -> None:
    assert yaml.safe_load(given)["ssh_keys"] == {"ed25519_private": PRIVATE, "ed25519_public": "ssh-ed25519 AAAA0 boot"}


def test_user_data_stays_below_digitaloceans_limit(given: str) -> None:
    assert len(given.encode()) < 64 * 1024


def test_the_file_holds_no_secret(declared: dict[str, Any]) -> None:
    assert not re.search(r"PRIVATE KEY|password: |\$[156y]\$|://[^/\s]*@", FILE.read_text(), re.IGNORECASE)
    assert not {"ssh_keys", "chpasswd", "password"} & declared.keys()


def test_ssh_takes_keys_of_deploy_only(declared: dict[str, Any]) -> None:
    sshd = written(declared, "/etc/ssh/sshd_config.d/10-site.conf")
    for line in ("AllowUsers deploy", "PermitRootLogin no", "PasswordAuthentication no", "KbdInteractiveAuthentication no"):
        assert line in sshd.splitlines()
    assert declared["ssh_pwauth"] is False
    assert declared["disable_root"] is True


def test_ssh_takes_the_many_connections_that_docker_opens(declared: dict[str, Any]) -> None:
    sshd = dict(line.split(" ", 1) for line in written(declared, "/etc/ssh/sshd_config.d/10-site.conf").splitlines())
    assert int(sshd["MaxStartups"].split(":")[0]) >= 50
    assert int(sshd["MaxSessions"]) >= 50


def test_ssh_offers_no_algorithm_that_is_called_broken(declared: dict[str, Any]) -> None:
    sshd = written(declared, "/etc/ssh/sshd_config.d/10-site.conf")
    assert not re.search(r"sha1|-cbc|group1\b|group14|nistp|ssh-rsa|hmac-md5|umac-64", sshd)
    assert "KexAlgorithms sntrup761x25519-sha512@openssh.com" in sshd.splitlines(), "the others can be opened later, by who records today"


@pytest.mark.skipif(not shutil.which("sshd", path="/usr/sbin:/usr/bin"), reason="no sshd on this machine (Debian: openssh-server)")
def test_sshd_accepts_its_snippet(declared: dict[str, Any], tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    config = tmp_path / "sshd_config"
    config.write_text(written(declared, "/etc/ssh/sshd_config.d/10-site.conf").replace("/etc/ssh/ssh_host_ed25519_key", str(key)))
    ran = subprocess.run(["/usr/sbin/sshd", "-t", "-f", str(config)], capture_output=True, text=True, check=False)
    assert "onfiguration option" not in ran.stderr, ran.stderr
    assert "unsupported" not in ran.stderr.lower(), ran.stderr


def test_docker_ends_its_logs_and_gives_no_new_privileges(declared: dict[str, Any]) -> None:
    daemon = json.loads(written(declared, "/etc/docker/daemon.json"))
    assert daemon["no-new-privileges"] is True
    assert daemon["log-opts"].keys() == {"max-size", "max-file"}


def test_a_container_can_not_fill_the_host_with_processes(declared: dict[str, Any]) -> None:
    """The provider has no limit of them for a service."""
    limit = json.loads(written(declared, "/etc/docker/daemon.json"))["default-ulimits"]["nproc"]
    assert limit == {"Name": "nproc", "Soft": 2048, "Hard": 2048}


def test_the_systems_own_log_has_an_end(declared: dict[str, Any]) -> None:
    journal = written(declared, "/etc/systemd/journald.conf.d/10-site.conf").splitlines()
    assert {"SystemMaxUse=200M", "MaxRetentionSec=1month"} < set(journal)
    assert "systemctl restart systemd-journald.service" in declared["runcmd"]


def test_the_clock_is_kept_right_and_containers_are_under_apparmor(declared: dict[str, Any]) -> None:
    assert {"systemd-timesyncd", "apparmor"} <= set(declared["packages"])


def test_the_network_is_hardened_and_goes_on_forwarding_for_docker(declared: dict[str, Any]) -> None:
    kernel = dict(line.split(" = ") for line in written(declared, "/etc/sysctl.d/60-site.conf").splitlines())
    for way in ("accept_redirects", "accept_source_route"):
        for family in ("ipv4", "ipv6"):
            assert {kernel[f"net.{family}.conf.{which}.{way}"] for which in ("all", "default")} == {"0"}
    assert kernel["net.ipv4.conf.all.send_redirects"] == "0"
    assert not [key for key in kernel if "forward" in key], "Docker needs it"
    assert {kernel[f"net.ipv4.conf.{which}.rp_filter"] for which in ("all", "default")} == {"2"}, "1 drops what comes to a reserved address"
    assert not [key for key in kernel if not key.startswith(("net.", "vm."))], "a rehearsed host shares its machine's kernel"


def test_dockers_networks_do_not_meet_the_private_network_or_the_swarms(declared: dict[str, Any]) -> None:
    pools = [ip_network(pool["base"]) for pool in json.loads(written(declared, "/etc/docker/daemon.json"))["default-address-pools"]]
    others = [ip_network(SWARM_POOL), *(ip_network(stack_file(stack)["site:vpcRange"]) for stack in STACKS)]
    networks = [*pools, *others]
    for index, one in enumerate(networks):
        assert not [other for other in networks[index + 1 :] if one.overlaps(other)]


def test_containers_cannot_read_the_user_data(declared: dict[str, Any]) -> None:
    rules = written(declared, "/etc/nftables.conf")
    assert re.search(r"hook forward[^}]*169\.254\.169\.254[^}]*reject", rules)


def test_docker_is_not_restarted_by_unattended_upgrades(declared: dict[str, Any]) -> None:
    blocked = re.search(r"Package-Blacklist \{([^}]*)\}", written(declared, "/etc/apt/apt.conf.d/52site-upgrades"))
    assert blocked
    assert set(re.findall(r'"([^"]+)"', blocked[1])) == {"docker.io", "docker-cli", "containerd", "runc"}


@pytest.mark.parametrize("index", range(len(yaml.safe_load(FILE.read_text())["runcmd"])))
def test_each_command_is_valid_shell(declared: dict[str, Any], index: int) -> None:
    ran = subprocess.run(["sh", "-n"], input=declared["runcmd"][index], text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.skipif(not shutil.which("cloud-init"), reason="no cloud-init on this machine (Debian: apt-get install cloud-init)")
def test_cloud_inits_own_schema_accepts_it(given: str, tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text(given)
    ran = subprocess.run(["cloud-init", "schema", "--config-file", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
