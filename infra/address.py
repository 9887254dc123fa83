"""Address: the site's public address points to the droplet once all of the site runs there."""

from collections.abc import Sequence

import pulumi
import pulumi_digitalocean as do

from infra.handover import take_the_rest
from infra.servers import Servers


class Address(pulumi.ComponentResource):
    """The reserved address on the droplet. In a renewal it moves last, with nothing of the old droplet taken away yet."""

    def __init__(
        self,
        name: str,
        *,
        address: pulumi.Input[str],
        servers: Servers,
        backlog: str,
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Address", name, None, opts)
        assigned = do.ReservedIpAssignment(
            name,
            ip_address=address,
            droplet_id=servers.droplet.id.apply(int),
            # A new assignment moves the address; deleting the old one is then nothing: no moment without.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[servers.host.ready, *after], delete_before_replace=False),
        )
        take_the_rest(
            f"{name}-moved",
            host=servers.host,
            found=servers.handed_over,
            backlog=backlog,
            droplet=servers.droplet.id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[assigned]),
        )
        self.register_outputs({})
