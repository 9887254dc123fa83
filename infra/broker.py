"""Broker: Valkey or RabbitMQ beside the site, with its messages in a volume and one user for the site."""

import base64
import hashlib
import shlex
from pathlib import Path

import pulumi
import pulumi_docker as docker
import pulumi_random as random

from infra.confinement import Confinement, Mount
from infra.generations import numbered
from infra.host import Host, on_host
from infra.pinned import pinned
from infra.service import drained, duration, service

IMAGES = {"valkey": "valkey/valkey:8", "rabbitmq": "rabbitmq:4"}
_DATA = {"valkey": "/data", "rabbitmq": "/var/lib/rabbitmq"}
# Who the public images drop root for, so that the volume's files are theirs already.
_USER = {"valkey": "valkey", "rabbitmq": "rabbitmq"}
_CHECK = {"valkey": "valkey-cli ping | grep -qE 'PONG|NOAUTH'", "rabbitmq": "rabbitmq-diagnostics -q check_port_connectivity"}
_START = {kind: Path(__file__).with_name(f"{kind}.sh").read_text() for kind in IMAGES}
_ADMIN = "export REDISCLI_AUTH=$(cat /dev/shm/admin); valkey-cli -e --user admin --no-auth-warning"
# On stdin comes the hash of the password. Valkey's users may do all but administer (https://valkey.io/topics/acl).
_ADD = {
    "valkey": f"read -r secret; ({_ADMIN} ACL SETUSER LOGIN reset on \"#$secret\" '~*' '&*' +@all -@admin) && ({_ADMIN} ACL SAVE)",
    # Not by its prompt for a password, which waits for ever at a pipe (seen with 4.0.5).
    "rabbitmq": """read -r secret; ctl() { rabbitmqctl -q "$@" </dev/null; }
for old in LOGIN guest; do ! ctl list_users | cut -f 1 | grep -qx "$old" || ctl delete_user "$old"; done
ctl add_user LOGIN "$secret" --pre-hashed-password && ctl set_permissions LOGIN '.*' '.*' '.*'""",
}
# Connections of the user end with it, in both.
_REMOVE = {
    "valkey": f"({_ADMIN} ACL DELUSER LOGIN) && ({_ADMIN} ACL SAVE)",
    "rabbitmq": "rabbitmqctl -q delete_user LOGIN </dev/null",
}
_WAITING = {
    # Lists are queues; valkey-cli's `--scan` has no word for a type.
    "valkey": f'cli() {{ ({_ADMIN} "$@" </dev/null) }}; keys=$(cli --scan) && for key in $keys; do'
    ' [ "$(cli type "$key")" != list ] || cli llen "$key"; done | { n=0; while read -r m; do n=$((n + m)); done; echo $n; }',
    "rabbitmq": "rabbitmqctl -q list_queues messages | { n=0; while read -r m; do n=$((n + m)); done; echo $n; }",
}


def backlog(name: str, kind: str) -> str:
    """A command for the host that prints how many messages wait in the broker; empty for `none`."""
    return "" if kind == "none" else _inside(name, _WAITING[kind])


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
        generation: int,
        stop_grace: int,
        memory: int,
        network: pulumi.Input[str],
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Broker", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        volume = docker.Volume(name, name=name, opts=pulumi.ResourceOptions(parent=self, protect=protect, delete_before_replace=True))
        running = service(
            name,
            host=host,
            image=pinned(name, host=host, image=image or IMAGES[kind], opts=child),
            networks=[network],
            memory=memory,
            confinement=Confinement(user=_USER[kind]),
            stop_grace=60,
            start_period=60,
            container=docker.ServiceTaskSpecContainerSpecArgs(
                image="",
                hostname=name,
                commands=["/bin/sh", "-c", _START[kind]],
                env={"MEMORY": str(memory * 6 // 10)},
                healthcheck=docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
                    tests=["CMD-SHELL", _CHECK[kind]], interval="5s", timeout="10s", retries=6, start_period=duration(60)
                ),
            ),
            mounts=[Mount(type="volume", source=volume.name, target=_DATA[kind])],
            opts=child,
        )
        user, logical = f"site{generation}", numbered(name, generation)
        generated = random.RandomPassword(logical, length=40, special=False, opts=child)
        password: pulumi.Output[str] = pulumi.Output.secret(generated.result)
        # A user beside the one before: nothing restarts, and the old one goes when the services have rolled.
        let_in = on_host(
            logical,
            host=host,
            script=_inside(name, _ADD[kind].replace("LOGIN", user)),
            stdin=password.apply(lambda text: f"{_hash(kind, text)}\n"),
            triggers=[host.droplet],
            delete=f"{drained(stop_grace)}; {_inside(name, _REMOVE[kind].replace('LOGIN', user))}",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[running]),
        )
        scheme = {"valkey": "redis://{}:{}@{}:6379/0", "rabbitmq": "amqp://{}:{}@{}:5672/"}[kind]
        self.url = pulumi.Output.secret(password.apply(lambda text: scheme.format(user, text, name)))
        self.parts = [let_in]
        self.register_outputs({})


def _hash(kind: str, password: str) -> str:
    """As the broker keeps it; the same on every run. (https://www.rabbitmq.com/docs/passwords#this-is-the-algorithm)"""
    if kind == "valkey":
        return hashlib.sha256(password.encode()).hexdigest()
    salt = hashlib.sha256(f"salt of {password}".encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _inside(name: str, script: str) -> str:
    """Run a script in the broker's container, with stdin, as its user."""
    task = f"$(docker ps --quiet --filter label=com.docker.swarm.service.name={name} --filter health=healthy | head -n 1)"
    return f'task={task}; docker exec --interactive "${{task:?{name} does not run}}" sh -c {shlex.quote(script)}'
