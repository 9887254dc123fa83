"""Confinement: what a container may do, and where it may write beside its volumes.

No new privileges, the end of logs and how many processes a user may have come from the engine's own settings (cloud-init.yaml): the
provider has no words for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pulumi
import pulumi_docker as docker

from infra.process import Process

TEMPORARY = "/tmp"  # noqa: S108 - inside a container
Mount = docker.ServiceTaskSpecContainerSpecMountArgs
UNPRIVILEGED = 10001
"""Who runs the site's processes where its image says nobody, or root."""


def runs_as(process: Process, image: pulumi.Output[str]) -> pulumi.Output[str]:
    """`uid:gid` of a process: by its own number, or the image's."""
    return image if process.user is None else pulumi.Output.from_input(f"{process.user}:{process.user}")


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """By default it may do nothing that root can, and write to nothing but the folders in memory."""

    user: pulumi.Input[str]
    """`uid:gid`, or a name of the image."""
    read_only: bool = True
    tmpfs: Sequence[str] = (TEMPORARY,)
    """Folders in memory, besides /dev/shm. One that the image has keeps its mode there (runc 1.1)."""
    cap_add: Sequence[str] = ()
    """Linux capabilities that are left, without `CAP_`."""

    @classmethod
    def of(cls, process: Process, user: pulumi.Input[str]) -> Self:
        """What the config says of a process of the site."""
        return cls(user=user, read_only=process.read_only, tmpfs=(TEMPORARY, *process.tmpfs), cap_add=process.cap_add)

    @property
    def env(self) -> dict[str, str]:
        """Variables of the container. The user's own home is on the disk, if it has one."""
        return {"HOME": TEMPORARY} if self.read_only else {}

    def apply(self, container: docker.ServiceTaskSpecContainerSpecArgs, *, mounts: Sequence[Mount], memory: int) -> None:
        """Put it on a service. A folder in memory holds half of `memory` (MiB) at the most, of which it is a part; one that a volume is
        mounted on is left out. Nothing is said of its mode: the provider reads the engine's default, 1777, back as 777."""
        options = docker.ServiceTaskSpecContainerSpecMountTmpfsOptionsArgs(size_bytes=memory * 1024 * 1024 // 2)
        taken = {mount.target for mount in mounts}
        container.mounts = [
            *mounts,
            *(Mount(type="tmpfs", target=folder, tmpfs_options=options) for folder in self.tmpfs if folder not in taken),
        ]
        container.user = self.user
        container.read_only = self.read_only
        container.cap_drops = ["ALL"]
        if self.cap_add:
            container.cap_adds = list(self.cap_add)

    def run_options(self) -> list[str]:
        """The same for `docker run`, where the user is known."""
        return [
            *("--user", str(self.user), "--security-opt", "no-new-privileges", "--pids-limit", "1024"),
            *(["--read-only"] if self.read_only else []),
            *(word for folder in self.tmpfs for word in ("--tmpfs", folder)),
            *("--cap-drop", "ALL"),
            *(word for capability in self.cap_add for word in ("--cap-add", capability)),
            *(word for name, value in self.env.items() for word in ("--env", f"{name}={value}")),
        ]
