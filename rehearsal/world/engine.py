"""This machine's Docker engine as the rehearsal uses it: everything it makes carries one label, so that it can be taken away."""

import contextlib
import subprocess
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import docker
from docker.errors import APIError, ImageNotFound, NotFound
from docker.models.containers import Container
from docker.types import EndpointConfig, IPAMConfig, IPAMPool

from rehearsal.cloud.world import WorldError

LABEL = "django-site.rehearsal"
"""Label of every container, network and volume of the rehearsal; its value is the folder of the checkout."""

# All that an engine inside a container may need where `--privileged` is refused because the machine itself lacks a capability.
_CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE"),
    *("NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"),
    *("MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ"),
)


@contextlib.contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn Docker's errors into a sentence that says what was being done."""
    try:
        yield
    except APIError as error:
        raise WorldError(f"{doing}: {error.explanation or error}") from error


def docker_cli(*arguments: str, stdin: str | None = None) -> str:
    """Run Docker's own client, for what docker-py has no words for, and give its output."""
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise WorldError(f"docker {arguments[0]} failed: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout.strip()


class Engine:
    """Containers, networks and volumes by name, labelled; making one that is there already keeps or replaces it as said."""

    def __init__(self, owner: str) -> None:
        """`owner` is the folder of the checkout."""
        self.labels = {LABEL: owner}
        self.client = docker.from_env(timeout=120)

    @cached_property
    def machine_options(self) -> list[str]:
        """Options of `docker create` for what boots like a machine with an engine of its own: `--privileged`, else by name."""
        trial = self.client.containers.create("rehearsal/base", "true", privileged=True, network_mode="none", labels=self.labels)
        try:
            trial.start()
        except APIError:
            return [
                *(f"--cap-add={capability}" for capability in _CAPABILITIES),
                *(f"--security-opt={path}=unconfined" for path in ("seccomp", "apparmor", "systempaths")),
                "--device-cgroup-rule=a *:* rwm",
                "--cgroupns=private",
            ]
        finally:
            trial.remove(force=True)
        return ["--privileged", "--cgroupns=private"]

    def run(self, name: str, image: str, *, network: str, address: str | None = None, **options: Any) -> Container:
        """Start the container `name` afresh on `network`, at `address` where one is given. Options are docker-py's."""
        self.remove(name)
        endpoint = {network: EndpointConfig(self.client.api.api_version, ipv4_address=address)} if address else None
        with explained(f"starting {name}"):
            return self.client.containers.run(
                image, name=name, detach=True, network=network, networking_config=endpoint, labels=self.labels, **options
            )

    def get(self, name: str) -> Container | None:
        """The container of that name, or None."""
        try:
            return self.client.containers.get(name)
        except NotFound:
            return None

    def remove(self, name: str) -> None:
        """Take the container away with its anonymous volumes; gone already is fine."""
        with explained(f"removing {name}"), contextlib.suppress(NotFound):
            container = self.get(name)
            if container:
                container.remove(force=True, v=True)

    def execute(self, name: str, command: list[str], *, stdin: str | None = None) -> str:
        """Run a command in a container and give its output; a failure raises with the last lines of it."""
        return docker_cli("exec", *(["-i"] if stdin is not None else []), name, *command, stdin=stdin)

    def ensure_network(self, name: str, *, subnet: str, ip_range: str | None = None, internal: bool = False) -> None:
        """Make the bridge network `name` unless it is there."""
        if self.client.networks.list(names=[f"^{name}$"]):
            return
        ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet, iprange=ip_range)])
        with explained(f"making the network {name} with {subnet}"):
            self.client.networks.create(name, driver="bridge", ipam=ipam, internal=internal, labels=self.labels)

    def remove_network(self, name: str) -> None:
        """Take the network away; gone already is fine."""
        with explained(f"removing the network {name}"):
            for network in self.client.networks.list(names=[f"^{name}$"]):
                network.remove()

    def ensure_volume(self, name: str) -> str:
        """Make the volume `name` unless it is there."""
        with explained(f"making the volume {name}"):
            self.client.volumes.create(name, labels=self.labels)
        return name

    def remove_volume(self, name: str) -> None:
        """Take the volume away; gone already is fine."""
        with explained(f"removing the volume {name}"), contextlib.suppress(NotFound):
            self.client.volumes.get(name).remove(force=True)

    def has_image(self, name: str) -> bool:
        """Whether an image of that name is on this machine."""
        try:
            self.client.images.get(name)
        except ImageNotFound:
            return False
        return True

    def image_id(self, name: str) -> str:
        """The identity of an image, so that one made of it can be told to be old; empty where it is not there."""
        return str(self.client.images.get(name).id) if self.has_image(name) else ""

    def image_label(self, name: str, label: str) -> str | None:
        """A label of an image."""
        labels: dict[str, str] = self.client.images.get(name).labels
        return labels.get(label)

    def sweep(self) -> list[str]:
        """Take away everything that carries the label, whoever made it; gives the names."""
        filters: dict[str, str | list[str] | bool] = {"label": LABEL}
        gone: list[str] = []
        for container in self.client.containers.list(all=True, filters=filters):
            container.remove(force=True, v=True)
            gone.append(str(container.name))
        for network in self.client.networks.list(filters=filters):
            network.remove()
            gone.append(str(network.name))
        for volume in self.client.volumes.list(filters=filters):
            volume.remove(force=True)
            gone.append(volume.name)
        return gone
