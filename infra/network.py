"""Network: the private network, the address that stays, who may connect to what, and the names."""

from collections.abc import Sequence

import pulumi
import pulumi_digitalocean as do

ANYWHERE = ["0.0.0.0/0", "::/0"]
SWARM_PORTS = (("tcp", "2377"), ("tcp", "7946"), ("udp", "7946"), ("udp", "4789"))
# What a host needs of the world: names, time, packages, registries, ACME, mail by 2525 or 587, and its own database.
OUTBOUND_PORTS = (
    ("tcp", "53"),
    ("udp", "53"),
    ("udp", "123"),
    ("tcp", "80"),
    ("tcp", "443"),
    ("udp", "443"),
    ("tcp", "587"),
    ("tcp", "2525"),
)


class Network(pulumi.ComponentResource):
    """VPC, reserved address, cloud firewall and DNS records of a stack."""

    vpc_id: pulumi.Output[str]
    """The private network of droplets and database."""
    tag: pulumi.Output[str]
    """Marks the stack's droplets: firewalls and alerts go by it."""
    address: pulumi.Output[str]
    """The public address of the site; it outlives every droplet."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        region: pulumi.Input[str],
        ip_range: str,
        ssh_from: Sequence[str],
        domain: str,
        aliases: Sequence[str],
        dns_zone: str,
        manage_dns_zone: bool,
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Network", name, None, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=protect, delete_before_replace=False)
        vpc = do.Vpc(name, name=f"site-{stack}", region=region, ip_range=ip_range, description=f"Site, {stack}", opts=kept)
        address = do.ReservedIp(name, region=region, opts=kept)
        tag = do.Tag(name, name=f"site-{stack}", opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True))
        do.Firewall(
            name,
            name=f"site-{stack}",
            tags=[tag.name],
            inbound_rules=[
                *(_inbound(protocol, port, ANYWHERE) for protocol, port in (("tcp", "80"), ("tcp", "443"), ("udp", "443"))),
                _inbound("tcp", "22", ssh_from),
                *(_inbound(protocol, port, [ip_range]) for protocol, port in SWARM_PORTS),
            ],
            outbound_rules=[
                *(_outbound(protocol, port, ANYWHERE) for protocol, port in OUTBOUND_PORTS),
                _outbound("tcp", "1-65535", [ip_range]),
                _outbound("udp", "1-65535", [ip_range]),
                _outbound("icmp", None, ANYWHERE),
            ],
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        if dns_zone:
            self._names([domain, *aliases], address.ip_address, zone=dns_zone, manage=manage_dns_zone, protect=protect)
        self.vpc_id = vpc.id
        self.tag = tag.name
        self.address = address.ip_address
        self.register_outputs({"vpc_id": self.vpc_id, "tag": self.tag, "address": self.address})

    def _names(self, names: Sequence[str], address: pulumi.Input[str], *, zone: str, manage: bool, protect: bool) -> None:
        """A record for each name. The zone belongs to one stack of the account; the others only add to it."""
        above: list[pulumi.Resource] = []
        if manage:
            above = [do.Domain(zone, name=zone, opts=pulumi.ResourceOptions(parent=self, protect=protect, delete_before_replace=True))]
        for name in names:
            do.DnsRecord(
                name,
                domain=zone,
                type="A",
                name="@" if name == zone else name.removesuffix(f".{zone}"),
                value=address,
                ttl=300,
                opts=pulumi.ResourceOptions(parent=self, depends_on=above, delete_before_replace=True),
            )


def _inbound(protocol: str, ports: str, sources: Sequence[str]) -> do.FirewallInboundRuleArgs:
    return do.FirewallInboundRuleArgs(protocol=protocol, port_range=ports, source_addresses=list(sources))


def _outbound(protocol: str, ports: str | None, destinations: Sequence[str]) -> do.FirewallOutboundRuleArgs:
    return do.FirewallOutboundRuleArgs(protocol=protocol, port_range=ports, destination_addresses=list(destinations))
