"""A host: how this program reaches a droplet, with one list of ssh options for our commands and Docker's.

The private identity comes from ssh-agent, on a laptop and in CI alike. Who the host is, is known before the first connection:
nothing is ever accepted on first use, and no known_hosts file is read or kept.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_command as command

USER = "deploy"


def ssh_options(address: str, host_keys: Sequence[str]) -> list[str]:
    """Options for `ssh` that accept a host at `address` with exactly one of these public keys.

    A percent sign is doubled because ssh expands tokens in KnownHostsCommand (ssh_config(5)).
    """
    known = " ".join(f'"{address} {key.strip()}"' for key in host_keys)
    options = [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "UserKnownHostsFile=/dev/null",
        "GlobalKnownHostsFile=/dev/null",
        f'KnownHostsCommand=/usr/bin/printf "%%s\\n" {known}',
        "HostKeyAlgorithms=ssh-ed25519",
        "ConnectTimeout=10",
        "ServerAliveInterval=15",
    ]
    return [word for option in options for word in ("-o", option)]


def ssh_command(address: str, host_keys: Sequence[str]) -> str:
    """The shell words that run what follows them on the host."""
    return shlex.join(["ssh", *ssh_options(address, host_keys), f"{USER}@{address}"])


@dataclass(frozen=True, kw_only=True)
class Host:
    """A droplet that is ready, and what everything on it waits for."""

    address: pulumi.Output[str]
    key: pulumi.Output[str]
    """Its public host key."""
    droplet: pulumi.Output[str]
    """Its number: what is done once for a droplet is done again for another, which may have got the same address."""
    machine: pulumi.Resource
    """The droplet itself: what goes with it."""
    ready: pulumi.Resource

    @property
    def options(self) -> pulumi.Output[list[str]]:
        """The options of `ssh` that reach it."""
        return pulumi.Output.all(self.address, self.key).apply(lambda args: ssh_options(args[0], [args[1]]))


def on_host(
    name: str,
    *,
    host: Host,
    script: pulumi.Input[str],
    stdin: pulumi.Input[str] | None = None,
    triggers: Sequence[pulumi.Input[str]] = (),
    delete: pulumi.Input[str] | None = None,
    keep_output: bool = False,
    opts: pulumi.ResourceOptions,
) -> command.local.Command:
    """Run a shell script on the host whenever one of `triggers` changes; a non-zero exit fails the run.

    Secrets go in by `stdin`, never by the script: it is in the process list. Without a no-op `update`, a change of any other
    input would run the script again (pulumi-command runs `create` for it); `keep_output` keeps what it printed over such a change.
    `delete` is run when the resource is taken out, and never for a droplet that goes too. It would also be run, last, where a trigger
    changed: with `delete`, only another droplet may be one.
    """

    def remote(args: list[str]) -> str:
        return f"{ssh_command(args[0], [args[1]])} {shlex.quote(args[2])}"

    return command.local.Command(
        name,
        create=pulumi.Output.all(host.address, host.key, script).apply(remote),
        update='printf %s "$PULUMI_COMMAND_STDOUT"' if keep_output else ":",
        delete=pulumi.Output.all(host.address, host.key, delete).apply(remote) if delete else None,
        stdin=stdin,
        triggers=list(triggers),
        logging=command.local.Logging.STDERR,
        add_previous_output_in_env=keep_output,
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[host.ready], deleted_with=host.machine if delete else None)
        ),
    )
