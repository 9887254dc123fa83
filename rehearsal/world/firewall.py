"""A cloud firewall as nftables rules: what nothing allows is dropped, in both directions, outside of what the droplet may change."""

from rehearsal.cloud.world import Rule

_OPEN = "table inet cloud\ndelete table inet cloud\n"


def ruleset(rules: list[Rule] | None) -> str:
    """The text for `nft -f -`. None opens everything. Only the outer interfaces (eth0 public, eth1 private) are looked at.

    The hooks come after connection tracking and before Docker's address translation, so that a rule speaks of the port that
    the peer sees.
    """
    if rules is None:
        return _OPEN
    inbound = [_line(rule, "saddr") for rule in rules if rule.direction == "in"]
    outbound = [_line(rule, "daddr") for rule in rules if rule.direction == "out"]
    return _OPEN + "\n".join(
        [
            "table inet cloud {",
            *_chain("in", "prerouting", -150, "iifname", inbound),
            *_chain("out", "postrouting", 90, "oifname", outbound),
            "}",
            "",
        ]
    )


def _chain(name: str, hook: str, priority: int, interface: str, lines: list[str]) -> list[str]:
    return [
        f"chain {name} {{",
        f"type filter hook {hook} priority {priority}; policy accept;",
        f'{interface} != {{ "eth0", "eth1" }} accept',
        "ct state established,related accept",
        *lines,
        "counter drop",
        "}",
    ]


def _line(rule: Rule, side: str) -> str:
    families = {"ip": [p for p in rule.peers if ":" not in p], "ip6": [p for p in rule.peers if ":" in p]}
    what = {
        "icmp": "meta l4proto { icmp, icmpv6 }",
        "tcp": f"tcp dport {rule.ports}" if rule.ports else "meta l4proto tcp",
        "udp": f"udp dport {rule.ports}" if rule.ports else "meta l4proto udp",
    }[rule.protocol]
    return "\n".join(f"{family} {side} {{ {', '.join(peers)} }} {what} accept" for family, peers in families.items() if peers)
