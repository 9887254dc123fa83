"""Handover: what a droplet leaves to the one that takes its place. Where there is no old one, or it is lost, there is nothing to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_command as command

from infra.host import Host, ssh_command
from infra.process import Process

_SCRIPT = (Path(__file__).parent / "handover.sh").read_text()
LIMIT = 300
"""Seconds that old workers have for what waits in the old broker."""


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What there is to hand over: names of volumes and of services."""

    volumes: Sequence[str]
    singletons: Sequence[str]
    """Processes of which two may never run."""
    workers: Sequence[str]
    """Processes that finish what they have begun before their host goes."""
    backlog: str
    """Prints on the host how many messages wait in its broker; empty where there is none."""

    @classmethod
    def of(cls, processes: Mapping[str, Process], volumes: Sequence[str], backlog: str) -> "Handover":
        """Of a site's processes."""
        return cls(
            volumes=sorted(volumes),
            singletons=[name for name, process in processes.items() if process.singleton],
            workers=[name for name, process in processes.items() if process.port is None and not process.singleton],
            backlog=backlog,
        )

    def data(
        self, name: str, *, host: Host, site: pulumi.Input[str], droplet: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> command.local.Command:
        """Before anything runs on the new `host`: copy the volumes from whoever has the `site`'s address now, and stop its singletons."""
        return self._command(name, "data", host=host, old=site, droplet=droplet, opts=opts)

    def rest(
        self, name: str, *, host: Host, found: pulumi.Output[str], droplet: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> command.local.Command:
        """When the site's address has moved: what came since, and what waits in the broker. `found` is what `data` printed."""
        old = found.apply(lambda said: said.partition(" ")[0])
        return self._command(name, "rest", host=host, old=old, droplet=droplet, opts=opts, found=found)

    def _command(
        self,
        name: str,
        phase: str,
        *,
        host: Host,
        old: pulumi.Input[str],
        droplet: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        found: pulumi.Input[str] = "",
    ) -> command.local.Command:
        def script(args: list[str]) -> str:
            address, key, before = args
            # Both droplets have the same long-term host key.
            return f'before() {{ {_ssh(before, key)} "$@"; }}\nnow() {{ {ssh_command(address, [key])} "$@"; }}\n{_SCRIPT}'

        return command.local.Command(
            name,
            create=pulumi.Output.all(host.address, host.key, old).apply(script),
            update='printf %s "$PULUMI_COMMAND_STDOUT"',
            environment={
                "PHASE": phase,
                "HOST": host.address,
                "FROM": found,
                "VOLUMES": " ".join(self.volumes),
                "SINGLETONS": " ".join(self.singletons),
                "WORKERS": " ".join(self.workers),
                "BACKLOG": self.backlog,
                "LIMIT": str(LIMIT),
            },
            triggers=[droplet],
            logging=command.local.Logging.STDERR,
            add_previous_output_in_env=True,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[host.ready])),
        )


def _ssh(address: str, key: str) -> str:
    """To a host that may well be gone. The first of two options counts (ssh_config(5))."""
    return ssh_command(address, [key]).replace("ssh ", "ssh -o ConnectTimeout=5 ", 1)
