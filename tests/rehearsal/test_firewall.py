"""Cloud firewalls as packet filter rules; `nft` itself reads them where it is installed."""

import shutil
import subprocess

import pytest

from rehearsal.cloud.world import Rule
from rehearsal.world.firewall import ruleset

WORLD = ("0.0.0.0/0", "::/0")
RULES = [
    Rule(direction="in", protocol="tcp", ports="443", peers=WORLD),
    Rule(direction="in", protocol="tcp", ports="22", peers=("198.51.100.1/32",)),
    Rule(direction="out", protocol="udp", ports="53", peers=WORLD),
    Rule(direction="out", protocol="tcp", ports="8000-9000", peers=("10.20.0.0/20",)),
    Rule(direction="out", protocol="icmp", ports="", peers=WORLD),
]


def test_what_no_rule_names_is_dropped_in_both_directions() -> None:
    assert ruleset([]).count("counter drop") == 2


def test_a_rule_names_its_peers_and_ports() -> None:
    lines = ruleset(RULES).splitlines()
    assert "ip saddr { 198.51.100.1/32 } tcp dport 22 accept" in lines
    assert "ip6 saddr { ::/0 } tcp dport 443 accept" in lines
    assert "ip daddr { 10.20.0.0/20 } tcp dport 8000-9000 accept" in lines


def test_no_firewall_leaves_everything_open() -> None:
    assert "drop" not in ruleset(None)


@pytest.mark.parametrize("rules", [None, [], RULES], ids=["none", "empty", "some"])
def test_nftables_reads_the_rules(rules: list[Rule] | None) -> None:
    if not shutil.which("nft"):
        pytest.skip("nft is not installed")
    done = subprocess.run(["nft", "--check", "-f", "-"], input=ruleset(rules), capture_output=True, text=True)
    if "Operation not permitted" in done.stderr:
        pytest.skip("nft may not be used by this user")
    assert done.returncode == 0, done.stderr
