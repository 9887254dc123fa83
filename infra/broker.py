"""Broker: Valkey or RabbitMQ beside the site, with its messages in a volume and its password in a file that only it reads."""

import base64
import shlex

import pulumi
import pulumi_docker as docker
import pulumi_random as random

from infra.host import Host
from infra.pinned import pinned
from infra.service import duration, service

IMAGES = {"valkey": "valkey/valkey:8", "rabbitmq": "rabbitmq:4"}
_DATA = {"valkey": "/data", "rabbitmq": "/var/lib/rabbitmq"}
_CONFIG_FILE = {"valkey": "/run/secrets/valkey.conf", "rabbitmq": "/etc/rabbitmq/conf.d/20-site.conf"}
_CHECK = {"valkey": "valkey-cli ping | grep -qE 'PONG|NOAUTH'", "rabbitmq": "rabbitmq-diagnostics -q check_port_connectivity"}
_WAITING = {
    "valkey": "export REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /run/secrets/valkey.conf); valkey-cli --scan --type list"
    ' | while read -r list; do valkey-cli llen "$list"; done | { n=0; while read -r m; do n=$((n + m)); done; echo $n; }',
    "rabbitmq": "rabbitmqctl -q list_queues messages | { n=0; while read -r m; do n=$((n + m)); done; echo $n; }",
}


def backlog(name: str, kind: str) -> str:
    """A command for the host that prints how many messages wait in the broker; empty for `none`."""
    if kind == "none":
        return ""
    task = f"$(docker ps --quiet --filter label=com.docker.swarm.service.name={name})"
    return f"docker exec {task} sh -c {shlex.quote(_WAITING[kind])}"


class Broker(pulumi.ComponentResource):
    """One task, stopped before its successor starts: two may not share the volume."""

    url: pulumi.Output[str]
    """`redis://` or `amqp://` URL on the site's network; a secret."""
    parts: list[pulumi.Resource]
    """What must be there before anything connects."""

    def __init__(
        self,
        name: str,
        *,
        host: Host,
        kind: str,
        image: str,
        memory: int,
        network: pulumi.Input[str],
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Broker", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        generated = random.RandomPassword(name, length=40, special=False, opts=child)
        password: pulumi.Output[str] = pulumi.Output.secret(generated.result)
        volume = docker.Volume(name, name=name, opts=pulumi.ResourceOptions(parent=self, protect=protect, delete_before_replace=True))
        config = docker.Secret(
            name,
            data=password.apply(lambda text: base64.b64encode(_config(kind, text, memory).encode()).decode()),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        running = service(
            name,
            image=pinned(name, host=host, image=image or IMAGES[kind], opts=child),
            networks=[network],
            memory=memory,
            stop_grace=60,
            start_period=60,
            container=docker.ServiceTaskSpecContainerSpecArgs(
                image="",
                hostname=name,
                args=["valkey-server", _CONFIG_FILE[kind]] if kind == "valkey" else ["rabbitmq-server"],
                secrets=[
                    docker.ServiceTaskSpecContainerSpecSecretArgs(
                        secret_id=config.id, secret_name=config.name, file_name=_CONFIG_FILE[kind], file_mode=0o444
                    )
                ],
                mounts=[docker.ServiceTaskSpecContainerSpecMountArgs(type="volume", source=volume.name, target=_DATA[kind])],
                healthcheck=docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
                    tests=["CMD-SHELL", _CHECK[kind]], interval="5s", timeout="10s", retries=6, start_period=duration(60)
                ),
            ),
            opts=child,
        )
        scheme = {"valkey": "redis://:{}@{}:6379/0", "rabbitmq": "amqp://site:{}@{}:5672/"}[kind]
        self.url = pulumi.Output.secret(password.apply(lambda text: scheme.format(text, name)))
        self.parts = [running]
        self.register_outputs({})


def _config(kind: str, password: str, memory: int) -> str:
    if kind == "rabbitmq":
        return f"default_user = site\ndefault_pass = {password}\nvm_memory_high_watermark.absolute = {memory * 6 // 10}MiB\n"
    limit = memory * 6 // 10
    return (
        f"requirepass {password}\ndir /data\nappendonly yes\nmaxmemory {limit}mb\nmaxmemory-policy noeviction\n"
        "bind 0.0.0.0\nprotected-mode yes\ndaemonize no\n"
    )
