"""From cloud firewalls to the rules of each droplet: tags and droplets become addresses, and the world is told."""

from ipaddress import ip_network

from rehearsal.cloud.digitalocean import addresses
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import Rule, World


def publish(store: Store, world: World) -> None:
    """Tell the world the rules of each droplet whose rules changed. Call it outside `with store`, after each change of
    firewalls, tags or droplets. Raises WorldError."""
    with store.applying:
        with store:
            running = [droplet for droplet in store["droplets"].values() if is_running(droplet)]
            wanted = {droplet["id"]: resolve(store, droplet) for droplet in running}
        for number, rules in wanted.items():
            if store.told.get(subject(number), "nothing") != rules:
                world.set_firewall(number, rules)
                store.told[subject(number)] = rules


def forget(store: Store, droplet: int) -> None:
    """A droplet that is off or gone has lost its rules: they are told again when it runs."""
    store.told.pop(subject(droplet), None)


def subject(droplet: int) -> str:
    """Under which name the world was told about the droplet's rules."""
    return f"firewall of droplet {droplet}"


def is_running(droplet: Object) -> bool:
    """Whether there is a machine that can be given rules; one that boots has its addresses first."""
    return bool(droplet["addresses"]) and droplet["status"] in ("new", "active") and not droplet["deleting"]


def resolve(store: Store, droplet: Object) -> list[Rule] | None:
    """All rules that apply to a droplet, None where no firewall does. Inside `with store`."""
    applying = [
        firewall
        for firewall in store["firewalls"].values()
        if droplet["id"] in firewall["droplet_ids"] or set(firewall["tags"]) & set(droplet["tags"])
    ]
    if not applying:
        return None
    rules = []
    for firewall in applying:
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
