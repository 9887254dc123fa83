"""What is against the policy is not rehearsed."""

import io

import pytest
from rich.console import Console

from policy.violation import Violation
from rehearsal.cloud.world import WorldError
from rehearsal.up import obey

URN = "urn:pulumi:staging::site::site:infra:Network$digitalocean:index/firewall:Firewall::network"
FOUND = Violation(id="SITE-SSH-1", urn=URN, message="ssh is open to ::/0", mend="name your networks")


def test_a_violation_stops_it_with_how_to_mend_and_how_to_allow_it() -> None:
    with pytest.raises(WorldError) as caught:
        obey([FOUND], Console(quiet=True))
    for words in (
        "SITE-SSH-1 digitalocean Firewall network: ssh is open to ::/0",
        "name your networks",
        "site:allowedViolations.SITE-SSH-1",
    ):
        assert words in str(caught.value)


def test_one_that_is_allowed_is_told_with_its_reason() -> None:
    screen = io.StringIO()
    obey([Violation(**{**FOUND.told(), "allowed": "no fixed address"})], Console(file=screen, width=200))
    assert screen.getvalue() == "! SITE-SSH-1 digitalocean Firewall network: ssh is open to ::/0 (allowed: no fixed address)\n"
