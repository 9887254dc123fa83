"""Site: what runs the image. Release, then the services: web behind its health gate, the other processes, broker and proxy."""

import base64
import shlex
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from infra.confinement import Confinement, runs_as
from infra.connection import CA_FILE
from infra.environment import ENV_FILE
from infra.host import Host
from infra.process import Process
from infra.registry import Login
from infra.service import WATCH, WATCH_PROVEN, duration, service
from infra.volume import volume

PRELUDE = f'set -a; . {ENV_FILE}; set +a; exec "$@"'
START_PERIOD = 60
"""Seconds that a new task of the serving process has for its first good answer."""

# Asks as the proxy would: with the site's name and the scheme that the visitor used. A redirect is an answer, and is not followed.
# Then a new task lets those that serve go on until it has lived for a while; where nobody else serves, it is needed at once. Swarm has
# a task in its names only once it is healthy. All of Linux's clocks here count from the start of the host (proc(5)).
# A task that serves is healthy as long as it answers, whatever it says: Swarm kills what is unhealthy, which brings no database back and
# takes away the pages that need none.
_PROBE = """import http.client, os, socket, sys, time
def ask():
    connection = http.client.HTTPConnection("127.0.0.1", {port}, timeout=5)
    connection.request("GET", "{path}", headers={{"Host": "{domain}", "X-Forwarded-Proto": "https"}})
    answer = connection.getresponse()
    print(answer.status, answer.read(300).decode(errors="replace"))
    return answer.status < 400
mark = "/dev/shm/serves"
good = ask()
if os.path.exists(mark): sys.exit()
if not good: sys.exit(1)
try: others = socket.getaddrinfo("{name}", {port}, socket.AF_INET)
except OSError: others = []
born = int(open("/proc/1/stat").read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
left = {watch} - float(open("/proc/uptime").read().split()[0]) + born
if others and left > {interval}: sys.exit("waiting: another serves, and this one has to live for %.0f s more" % left)
if others and left > 0:
    time.sleep(left)
    if not ask(): sys.exit(1)
open(mark, "w").close()"""
_INTERVAL = 3
"""Seconds between two probes; the last one before a task may serve waits by itself, so that it is not late."""


class Site(pulumi.ComponentResource):
    """The Django application's processes as services of the swarm."""

    def __init__(
        self,
        name: str,
        *,
        host: Host,
        image: str,
        user: pulumi.Output[str],
        network: pulumi.Input[str],
        environment: pulumi.Output[str],
        database_ca: str,
        processes: Mapping[str, Process],
        domain: str,
        login: Login | None,
        together: int,
        protect: bool,
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Site", name, None, opts)
        secrets = {ENV_FILE: self._secret("environment", environment)}
        if database_ca:
            secrets[CA_FILE] = self._secret("database-ca", pulumi.Output.from_input(database_ca))
        owners = {volume: process for process in processes.values() for volume in process.volumes}
        volumes = {
            name: volume(name, owner=runs_as(process, user), host=host, protect=protect, parent=self)
            for name, process in sorted(owners.items())
        }
        ready = [*after, *(volume.ready for volume in volumes.values())]
        # A rotated credential reaches the swarm with this in-place update: it keeps the one that a service was last changed with.
        kept = [docker.ServiceLabelArgs(label="site.registry-login", value=login.fingerprint)] if login else []
        for process_name, process in processes.items():
            serves = process.port is not None
            who = runs_as(process, user)
            confinement = Confinement.of(process, who)
            service(
                process_name,
                host=host,
                image=image,
                networks=[network],
                memory=process.memory,
                cpus=process.cpus,
                confinement=confinement,
                replicas=process.replicas,
                start_first=serves,
                # All at once where memory allows: each round takes as long as a new task is watched.
                parallelism=min(process.replicas, together) if serves else 1,
                stop_grace=process.stop_grace,
                start_period=START_PERIOD if serves else 0,
                watch=WATCH_PROVEN if serves and not process.health_command else WATCH,
                container=docker.ServiceTaskSpecContainerSpecArgs(
                    image=image,
                    commands=["/bin/sh", "-c", PRELUDE, process_name],
                    args=list(process.command),
                    env={"RELEASE": image.partition("@")[2], **confinement.env},
                    secrets=[_file(secret, path, who) for path, secret in secrets.items()],
                    healthcheck=healthcheck(process_name, process, domain) if serves else None,
                ),
                mounts=[volumes[name].mount(path) for name, path in process.volumes.items()],
                labels=[*kept, docker.ServiceLabelArgs(label="site.role", value=role(process))],
                opts=pulumi.ResourceOptions(parent=self, depends_on=ready),
            )
        self.register_outputs({})

    def _secret(self, name: str, text: pulumi.Output[str]) -> docker.Secret:
        """A Docker secret without a name of its own: a changed one is made first, services roll onto it, the old one goes last."""
        data = text.apply(lambda plain: base64.b64encode(plain.encode()).decode())
        return docker.Secret(name, data=data, opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False))


def _file(secret: docker.Secret, path: str, user: pulumi.Output[str]) -> docker.ServiceTaskSpecContainerSpecSecretArgs:
    """As a file that this user can read, and nobody else."""
    return docker.ServiceTaskSpecContainerSpecSecretArgs(
        secret_id=secret.id,
        secret_name=secret.name,
        file_name=path,
        file_uid=user.apply(lambda who: who.partition(":")[0]),
        file_gid=user.apply(lambda who: who.partition(":")[2]),
        file_mode=0o400,
    )


def role(process: Process) -> str:
    """What a process is when its droplet is renewed (handover.sh): two singletons may never run, workers finish what they have begun."""
    return "serving" if process.port is not None else "singleton" if process.singleton else "worker"


def healthcheck(name: str, process: Process, domain: str) -> docker.ServiceTaskSpecContainerSpecHealthcheckArgs:
    """The gate that a new task must pass before it gets a request and an old one goes: it answers by itself, and has for as long as it is
    watched. Asked by `python3` or `python` in the image; the process's own command, where it has one, says by itself when it is ready."""
    probe = shlex.quote(_PROBE.format(port=process.port, path=process.health, domain=domain, name=name, watch=WATCH, interval=_INTERVAL))
    asked = ["CMD-SHELL", f'exec "$(command -v python3 || command -v python)" -c {probe}']
    return docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
        tests=["CMD", *process.health_command] if process.health_command else asked,
        interval=duration(_INTERVAL),
        timeout="6s",
        retries=3,
        start_period=duration(START_PERIOD),
    )
