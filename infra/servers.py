"""Servers: the droplet, who it is, and the Docker engine on it that the rest of the program talks to."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pulumi_command as command
import pulumi_digitalocean as do
import pulumi_docker as docker
import pulumi_tls as tls
import yaml

from infra.access import Access
from infra.connection import Connection
from infra.generations import numbered
from infra.handover import take_over
from infra.host import USER, Host, on_host, ssh_command
from infra.registry import Login

_HERE = Path(__file__).parent
READY_LIMIT = 600
"""Seconds that a droplet has from its creation to a working Docker: packages are installed in it."""
SWARM_POOL = "172.31.0.0/16"
REPLACING = ["image", "region", "userData", "sshKeys", "vpcUuid"]
"""Changes that would replace a droplet; `python -m ci rebuild` makes them."""
_INSTALL = shlex.quote(f"sudo sh -c {shlex.quote((_HERE / 'host_key.sh').read_text())}")


class Servers(pulumi.ComponentResource):
    """One droplet, ready to run the site as a swarm of one."""

    host: Host
    """How the droplet is reached; what uses it waits until it is ready."""
    engine: docker.Provider
    """Docker on the droplet, over ssh, with the credentials that pull the image."""
    network: pulumi.Output[str]
    """The overlay network of the site, by id."""
    ci_key: pulumi.Output[str]
    """The private ssh key of the pipeline, in OpenSSH's format; a secret."""
    droplet: do.Droplet
    handed_over: pulumi.Output[str]
    """Where this droplet's predecessor is, and when it was copied; empty where there was none."""
    on_droplet: pulumi.ResourceOptions
    """For components whose containers, volumes and networks are on the droplet: made by `engine`, gone with the droplet."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        region: pulumi.Input[str],
        image: str,
        size: pulumi.Input[str],
        operator_keys: Sequence[str],
        ci_key_generation: int,
        host_key_generation: int,
        vpc_id: pulumi.Input[str],
        renew: bool,
        site_address: pulumi.Input[str],
        database: Connection,
        login: Login | None,
        tag: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Servers", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # The host key before this one stays known: a host that still has it is reached once more, to be given the new one.
        host_keys = [numbered("host", number) for number in range(max(host_key_generation - 1, 1), host_key_generation + 1)]
        ci_name = numbered("ci", ci_key_generation)
        boot, ci, *known = (tls.PrivateKey(f"{name}-{key}", algorithm="ED25519", opts=child) for key in ("boot", ci_name, *host_keys))
        long_term = known[-1]
        host_private: pulumi.Output[str] = pulumi.Output.secret(long_term.private_key_openssh)
        boot_private: pulumi.Output[str] = pulumi.Output.secret(boot.private_key_openssh)
        # DigitalOcean refuses the same public key twice in an account: only the pipeline's own is registered, people's come by cloud-init.
        registered = do.SshKey(
            name,
            name=f"site-{stack}",
            public_key=ci.public_key_openssh.apply(str.strip),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        droplet = do.Droplet(
            name,
            name=f"site-{stack}",
            image=image,
            size=size,
            region=region,
            vpc_uuid=vpc_id,
            ssh_keys=[registered.id],
            tags=[tag],
            user_data=pulumi.Output.all(boot_private, boot.public_key_openssh, ci.public_key_openssh).apply(
                lambda keys: user_data(f"site-{stack}", keys[0], keys[1], [*operator_keys, keys[2]])
            ),
            monitoring=True,
            graceful_shutdown=True,
            # Each of these would replace the droplet: they reach a new one only. It is shut down before it is deleted, for which the
            # provider's own 60 s are too few; and what it then calls failed it can't delete again (ci/recovery.py).
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=[] if renew else REPLACING,
                delete_before_replace=False,
                custom_timeouts=pulumi.CustomTimeouts(delete="10m"),
            ),
        )
        # Its own address, not the one that stays: a new droplet is made ready while the old one still serves there.
        address = droplet.ipv4_address
        gate = command.local.Command(
            f"{name}-ready",
            create=pulumi.Output.all(address, boot.public_key_openssh, long_term.public_key_openssh).apply(_gate),
            update=":",
            environment={
                "ADDRESS": address,
                "DATABASE_HOST": database.host,
                "DATABASE_PORT": database.port.apply(lambda port: str(int(port))),
                "LIMIT": str(READY_LIMIT),
            },
            stdin=host_private,
            triggers=[droplet.id],
            logging=command.local.Logging.STDERR,
            add_previous_output_in_env=False,
            opts=child,
        )
        reached = Host(address=address, key=long_term.public_key_openssh.apply(str.strip), droplet=droplet.id, machine=droplet, ready=gate)
        if len(known) > 1:
            reached = replace(reached, ready=self._identity(f"{name}-{host_keys[-1]}", reached, known, host_private))
        access = Access(
            f"{name}-access",
            host=reached,
            people=operator_keys,
            pipelines={ci_name: ci.public_key_openssh},
            opts=child,
        )
        reached = replace(reached, ready=access)
        # The join token that `swarm init` prints would be logged; a lock would leave the site down after an unattended reboot.
        swarm = on_host(
            f"{name}-swarm",
            host=reached,
            script=droplet.ipv4_address_private.apply(
                lambda private: (
                    'test "$(docker info --format "{{.Swarm.LocalNodeState}}")" = active'
                    f" || docker swarm init --advertise-addr {private} --default-addr-pool {SWARM_POOL} --autolock=false >/dev/null"
                )
            ),
            triggers=[droplet.id],
            opts=child,
        )
        made = replace(reached, ready=swarm)
        taken_over = take_over(f"{name}-data", host=made, site=site_address, droplet=droplet.id, opts=child)
        self.handed_over = taken_over.stdout
        self.host = replace(reached, ready=taken_over)
        self.engine = docker.Provider(
            name,
            host=pulumi.Output.format("ssh://{0}@{1}", USER, address),
            ssh_opts=self.host.options,
            # Here and never in a service: a change of a service's own `auth` deletes it before it is made again.
            registry_auth=[docker.ProviderRegistryAuthArgs(address=login.address, username=login.user, password=login.password)]
            if login
            else [],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[taken_over]),
        )
        network = docker.Network(
            name,
            name="site",
            driver="overlay",
            attachable=True,
            opts=pulumi.ResourceOptions(
                parent=self, provider=self.engine, depends_on=[taken_over], delete_before_replace=True, deleted_with=droplet
            ),
        )
        self.network = network.id
        # The pipeline gets it once it opens the host.
        given: pulumi.Output[str] = pulumi.Output.all(ci.private_key_openssh, swarm.id).apply(lambda both: str(both[0]))
        self.ci_key = pulumi.Output.secret(given)
        self.droplet = droplet
        self.on_droplet = pulumi.ResourceOptions(providers=[self.engine], transformations=[_gone_with(droplet)])
        self.register_outputs({})

    def _identity(self, name: str, host: Host, known: Sequence[tls.PrivateKey], private: pulumi.Output[str]) -> command.local.Command:
        """Give a host that has the one of two host keys the other. It is who it was until sshd reads the new one."""
        publics = [key.public_key_openssh for key in known]
        return command.local.Command(
            name,
            create=pulumi.Output.all(host.address, *publics).apply(lambda args: f"{ssh_command(args[0], args[1:])} {_INSTALL}"),
            update=":",
            stdin=private,
            triggers=[host.droplet],
            logging=command.local.Logging.STDERR,
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[host.ready]),
        )


def _gone_with(droplet: do.Droplet) -> pulumi.ResourceTransformation:
    """Docker's objects are replaced with their droplet, and never asked to go when it goes. (Components don't hand this option down.)"""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("docker:"):
            return None
        return pulumi.ResourceTransformationResult(
            args.props, pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(deleted_with=droplet))
        )

    return transform


def user_data(hostname: str, boot_private: str, boot_public: str, people: Sequence[str]) -> str:
    """cloud-init.yaml with the host's name, its boot host key, and who may log in."""
    data: dict[str, Any] = yaml.safe_load((_HERE / "cloud-init.yaml").read_text())
    data["hostname"] = hostname
    data["users"][0]["ssh_authorized_keys"] = [key.strip() for key in people]
    data["ssh_keys"] = {"ed25519_private": boot_private, "ed25519_public": boot_public.strip()}
    return "#cloud-config\n" + yaml.safe_dump(data, sort_keys=False)


def _gate(args: list[str]) -> str:
    """gate.sh with its two ways to the host: the first contact knows both keys, so that running it again is harmless."""
    address, boot, long_term = args
    contact, known = ssh_command(address, [boot, long_term]), ssh_command(address, [long_term])
    functions = f'first_contact() {{ {contact} "$@"; }}\non_host() {{ {known} "$@"; }}\ninstall_key={_INSTALL}\n'
    return functions + (_HERE / "gate.sh").read_text()
