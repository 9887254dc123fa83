"""From cloud firewalls to the rules of each droplet: tags and droplets become addresses, and the world is told."""

from functools import partial
from ipaddress import ip_network

from rehearsal.cloud.digitalocean import addresses
from rehearsal.cloud.digitalocean.telling import tell
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import Rule, World


def publish(store: Store, world: World) -> None:
    """Tell the world the rules of each droplet whose rules changed. Call it outside `with store`, after each change of
    firewalls, tags or droplets."""
    with store.applying:
        with store:
            running = [droplet for droplet in store["droplets"].values() if is_running(droplet)]
            wanted = {droplet["id"]: resolve(store, droplet) for droplet in running}
        for number, rules in wanted.items():
            tell(store, subject(number), rules, partial(world.set_firewall, number, rules))


def subject(droplet: int) -> str:
    """Under which name the world was told about the droplet's rules."""
    return f"firewall of droplet {droplet}"


def applies(firewall: Object, droplet: Object) -> bool:
    """Whether the firewall names the droplet or one of its tags."""
    return droplet["id"] in firewall["droplet_ids"] or bool(set(firewall["tags"]) & set(droplet["tags"]))


def is_running(droplet: Object) -> bool:
    """Whether there is a machine that can be given rules; one that boots has its addresses first."""
    return bool(droplet["addresses"]) and droplet["status"] in ("new", "active") and not droplet["deleting"]


def resolve(store: Store, droplet: Object) -> list[Rule] | None:
    """All rules that apply to a droplet, None where no firewall does. Inside `with store`."""
    firewalls = [firewall for firewall in store["firewalls"].values() if applies(firewall, droplet)]
    if not firewalls:
        return None
    rules = []
    for firewall in firewalls:
        rules += [_rule(store, "in", rule, rule["sources"]) for rule in firewall["inbound_rules"]]
        rules += [_rule(store, "out", rule, rule["destinations"]) for rule in firewall["outbound_rules"]]
    return [rule for rule in rules if rule.peers]


def _rule(store: Store, direction: str, rule: Object, target: Object) -> Rule:
    peers = [
        *target["addresses"],
        *addresses.of_tags(store, target["tags"]),
        *addresses.of_droplets(store, target["droplet_ids"]),
    ]
    # The rehearsal's droplets have IPv4 alone, so an IPv6 peer reaches nobody.
    networks = [ip_network(peer, strict=False) for peer in peers]
    return Rule(
        direction=direction,
        protocol=rule["protocol"],
        ports="" if rule["ports"] == "0" else rule["ports"],
        peers=tuple(dict.fromkeys(str(network) for network in networks if network.version == 4)),
    )
