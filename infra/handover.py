"""Handover: what a droplet leaves to the one that takes its place. Where there is no old one, or it is lost, there is nothing to do.

What there is to hand over is looked up on the old host when the time comes: nothing here changes with the site.
"""

from pathlib import Path

import pulumi
import pulumi_command as command

from infra.host import Host, ssh_command

_SCRIPT = (Path(__file__).parent / "handover.sh").read_text()
LIMIT = 300
"""Seconds that old workers have for what waits in the old broker."""


def take_over(
    name: str, *, host: Host, site: pulumi.Input[str], droplet: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> command.local.Command:
    """Before anything runs on the new `host`: copy the volumes from whoever has the `site`'s address now, and stop its singletons.

    Its stdout says where that one is, and when it was copied; empty where there is none.
    """
    return _command(name, {"PHASE": "data"}, host=host, old=site, droplet=droplet, opts=opts)


def take_the_rest(
    name: str, *, host: Host, found: pulumi.Output[str], backlog: str, droplet: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> command.local.Command:
    """When the site's address has moved: what came since, and what waits in the broker.

    `found` is what `take_over` printed; `backlog` prints on the host how many messages wait, and is empty without a broker.
    """
    old = found.apply(lambda said: said.partition(" ")[0])
    more: dict[str, pulumi.Input[str]] = {"PHASE": "rest", "FROM": found, "BACKLOG": backlog, "LIMIT": str(LIMIT)}
    return _command(name, more, host=host, old=old, droplet=droplet, opts=opts)


def _command(
    name: str,
    environment: dict[str, pulumi.Input[str]],
    *,
    host: Host,
    old: pulumi.Input[str],
    droplet: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> command.local.Command:
    def script(args: list[str]) -> str:
        address, key, before = args
        # Both droplets have the same long-term host key.
        return f'before() {{ {_ssh(before, key)} "$@"; }}\nnow() {{ {ssh_command(address, [key])} "$@"; }}\n{_SCRIPT}'

    return command.local.Command(
        name,
        create=pulumi.Output.all(host.address, host.key, old).apply(script),
        update='printf %s "$PULUMI_COMMAND_STDOUT"',
        environment={**environment, "HOST": host.address},
        triggers=[droplet],
        logging=command.local.Logging.STDERR,
        add_previous_output_in_env=True,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[host.ready])),
    )


def _ssh(address: str, key: str) -> str:
    """To a host that may well be gone. The first of two options counts (ssh_config(5))."""
    return ssh_command(address, [key]).replace("ssh ", "ssh -o ConnectTimeout=5 ", 1)
