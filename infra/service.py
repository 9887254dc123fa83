"""A service of the swarm with what all of them share: a network without a virtual address, limits, and a careful update.

Rules measured on the real provider: a network by name, or a restart policy without window, differs after every refresh; a duration
that is not in its shortest form, or an image by tag, differs on every run.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi
import pulumi_docker as docker

from infra.confinement import Confinement, Mount
from infra.host import Host, on_host
from infra.rollout import RUNS

WATCH = 12
"""Seconds that a new task is watched after its start: some images crash only after ten."""
WATCH_PROVEN = 5
"""And what has waited that long before it took over."""
_ROLLOUT = (Path(__file__).parent / "rollout.py").read_text()


def drained(stop_grace: int) -> str:
    """A command for the host that waits until the tasks that were replaced have ended what they had begun: an update is done before.

    `stop_grace` is the longest of the site's processes, in seconds: after it they are killed.
    """
    stopping = "docker service ls --quiet | xargs --no-run-if-empty docker service ps --filter desired-state=shutdown"
    running = f"{stopping} --format '{{{{.CurrentState}}}}' | grep -q '^Running'"
    return f"left={stop_grace + 15}; while [ $left -gt 0 ] && {running}; do sleep 1; left=$((left - 1)); done"


def duration(seconds: int) -> str:
    """Go's shortest form, like `1m30s`: the provider reads it back so."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    text = f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s" if minutes else f"{rest}s"
    return re.sub(r"(?<=h)0m$", "", re.sub(r"(?<=m)0s$", "", text))


def service(
    name: str,
    *,
    host: Host,
    image: pulumi.Input[str],
    networks: Sequence[pulumi.Input[str]],
    memory: int,
    cpus: float = 1,
    confinement: Confinement,
    replicas: int = 1,
    start_first: bool = False,
    parallelism: int = 1,
    stop_grace: int = 30,
    start_period: int = 0,
    watch: int = WATCH,
    container: docker.ServiceTaskSpecContainerSpecArgs,
    mounts: Sequence[Mount] = (),
    ports: Sequence[docker.ServiceEndpointSpecPortArgs] = (),
    labels: Sequence[docker.ServiceLabelArgs] = (),
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """Declare it, and give what is done once it runs. `memory` is in MiB, `cpus` in processors, `stop_grace` and `start_period` in seconds.

    An update that fails is rolled back by Docker itself. It is waited for by a command on the host (rollout.py), for longer than a careful
    update takes: the provider (`converge_config`) looks only 7, 12, 22 and 32 s after an update, and says nothing of why it failed.
    """
    rounds = -(-replicas // parallelism)
    update: dict[str, Any] = {
        "parallelism": parallelism,
        "delay": "0s",
        "order": "start-first" if start_first else "stop-first",
        "monitor": f"{watch}s",
        "max_failure_ratio": "0.0",
    }
    container.image = image
    confinement.apply(container, mounts=mounts, memory=memory)
    container.stop_grace_period = duration(stop_grace)
    arguments = docker.ServiceArgs(
        name=name,
        task_spec=docker.ServiceTaskSpecArgs(
            container_spec=container,
            networks_advanceds=[docker.ServiceTaskSpecNetworksAdvancedArgs(id=network) for network in networks],
            resources=docker.ServiceTaskSpecResourcesArgs(
                limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=memory * 1024 * 1024, nano_cpus=round(cpus * 1e9))
            ),
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(condition="any", delay="2s", window="0s"),
        ),
        mode=docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=replicas)),
        endpoint_spec=docker.ServiceEndpointSpecArgs(mode="dnsrr", ports=list(ports)),
        update_config=docker.ServiceUpdateConfigArgs(**update, failure_action="rollback"),
        rollback_config=docker.ServiceRollbackConfigArgs(**update, failure_action="pause"),
        labels=list(labels),
    )
    # Its name is its address for the others, so that a replacement can only be delete before create.
    declared = docker.Service(name, arguments, opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)))
    said = pulumi.Output.json_dumps(arguments, default=vars, sort_keys=True)
    return on_host(
        f"{name}{RUNS}",
        host=host,
        script=f"python3 - {name} {(start_period + stop_grace + WATCH + 60) * rounds}",
        stdin=_ROLLOUT,
        triggers=[said.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()), host.droplet],
        opts=pulumi.ResourceOptions(parent=opts.parent, depends_on=[declared]),
    )
