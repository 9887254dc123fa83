"""Who may connect to the droplets, and where these may connect to."""

from collections.abc import Iterator
from typing import Any

from policy.resource import Resource
from policy.rule import Rule

WORLD = frozenset(("0.0.0.0/0", "::/0"))
_VISITORS = frozenset((("tcp", 80), ("tcp", 443), ("udp", 443)))
SSH = "SITE-SSH-1"
"""Also asked of the config (infra/rules.py): what it is about stands there."""
_SSH = 22
_PORTS = 65535


def _ssh(resource: Resource) -> Iterator[str]:
    for rule, (first, last), world in _open(resource, "inboundRules", "sourceAddresses"):
        if rule.get("protocol") == "tcp" and first <= _SSH <= last:
            yield f"ssh is open to {world}"


def _inbound(resource: Resource) -> Iterator[str]:
    for rule, (first, last), world in _open(resource, "inboundRules", "sourceAddresses"):
        protocol = str(rule.get("protocol"))
        if protocol != "icmp" and any((protocol, port) not in _VISITORS for port in range(first, last + 1) if port != _SSH):
            yield f"{protocol} {rule.get('portRange') or 'all'} is open to {world}"


def _outbound(resource: Resource) -> Iterator[str]:
    for rule, (first, last), world in _open(resource, "outboundRules", "destinationAddresses"):
        if rule.get("protocol") != "icmp" and first < last:
            yield f"{rule.get('protocol')} {rule.get('portRange') or 'all'} is open to {world}: name single ports"


def _open(resource: Resource, rules: str, addresses: str) -> Iterator[tuple[Any, tuple[int, int], str]]:
    """The rules of a firewall that are for the whole world: each with its ports, and with the world's addresses."""
    for rule in resource.items(rules) if resource.kind == "digitalocean:Firewall" else ():
        if world := WORLD & set(rule.get(addresses) or ()):
            yield rule, _ports(rule.get("portRange")), ", ".join(sorted(world))


def _ports(text: Any) -> tuple[int, int]:
    """DigitalOcean's `22`, `8000-9000`, and `all`, which is also what none means."""
    first, _, last = str(text or "all").partition("-")
    return (int(first), int(last or first)) if first.isdigit() and int(first) else (1, _PORTS)


RULES = (
    Rule(
        id=SSH,
        title="ssh is not open to the whole world",
        reason="Who can't connect can't try keys, nor use the next flaw of sshd.",
        mend="name your networks: pulumi config set --path 'site:sshFrom[0]' 203.0.113.7/32",
        same=("checkov CKV_DIO_4", "trivy DIG-0001", "CIS Controls 4.4"),
        resource=_ssh,
    ),
    Rule(
        id="SITE-NET-1",
        title="the world reaches nothing but the web's ports",
        reason="What is open by mistake (the swarm's ports, a broker, Docker's API) is found within hours.",
        mend="in infra/network.py, give the port the VPC's range as its source",
        same=("checkov CKV_DIO_4", "trivy DIG-0001", "CIS Controls 4.4"),
        resource=_inbound,
    ),
    Rule(
        id="SITE-NET-2",
        title="droplets reach the world at single ports only",
        reason="Whoever gets into a container finds fewer ways out; mail by port 25 is none of them.",
        mend="in infra/network.py, add the one port that is needed to OUTBOUND_PORTS",
        same=("trivy DIG-0003 (which allows no address of the world at all: packages, registries and ACME are there)",),
        resource=_outbound,
    ),
)
