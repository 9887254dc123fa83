"""A volume on the host's disk whose files belong to who uses it, also where they were another's before."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra.confinement import Mount
from infra.host import Host, on_host

FOLDER = "/var/lib/docker/volumes"


@dataclass(frozen=True)
class Volume:
    """What may be mounted once `ready` is."""

    name: pulumi.Output[str]
    ready: pulumi.Resource

    def mount(self, path: str) -> Mount:
        """Without `no_copy` Docker would, as long as it is empty, give it the owner that the image's folder has (`copyExistingContents`
        in moby's container/container_unix.go)."""
        options = docker.ServiceTaskSpecContainerSpecMountVolumeOptionsArgs(no_copy=True)
        return Mount(type="volume", source=self.name, target=path, volume_options=options)


def volume(name: str, *, owner: pulumi.Input[str], host: Host, protect: bool, parent: pulumi.Resource) -> Volume:
    """Make it; `owner` is `uid:gid`. Who runs beside the new owner for a moment still reads what is there."""
    declared = docker.Volume(name, name=name, opts=pulumi.ResourceOptions(parent=parent, protect=protect, delete_before_replace=True))

    def script(who: str) -> str:
        return f"sudo find {FOLDER}/{name}/_data ! -uid {who.partition(':')[0]} -exec chown --no-dereference {who} {{}} +"

    ready = on_host(
        f"{name}-owner",
        host=host,
        script=pulumi.Output.from_input(owner).apply(script),
        triggers=[host.droplet, owner],
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[declared]),
    )
    return Volume(declared.name, ready)
