"""What containers may use of their host."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from policy.resource import UNKNOWN, Resource
from policy.rule import Rule

OWN = PurePosixPath("/srv/site")
"""What of a host the program's containers may see; all below it is the program's."""
PUBLISHES = frozenset(("proxy",))


def _memory(resource: Resource) -> Iterator[str]:
    if resource.kind == "docker:Service" and not resource.get("taskSpec.resources.limits.memoryBytes"):
        yield "it may use all memory of the host"


def _processors(resource: Resource) -> Iterator[str]:
    if resource.kind == "docker:Service" and not resource.get("taskSpec.resources.limits.nanoCpus"):
        yield "it may use all processors of the host"


def _capabilities(resource: Resource) -> Iterator[str]:
    if resource.kind == "docker:Service":
        dropped = resource.get("taskSpec.containerSpec.capDrops")
        if dropped != UNKNOWN and "ALL" not in (dropped or ()):
            yield "it has capabilities of root that it was not asked for"


def _read_only(resource: Resource) -> Iterator[str]:
    if resource.kind == "docker:Service" and resource.get("taskSpec.containerSpec.readOnly") not in (True, UNKNOWN):
        yield "it may change the files of its image"


def _ports(resource: Resource) -> Iterator[str]:
    if resource.kind == "docker:Service" and resource.name not in PUBLISHES:
        for port in resource.items("endpointSpec.ports"):
            yield f"it publishes port {port.get('publishedPort') or port.get('targetPort')}"


def _mounts(resource: Resource) -> Iterator[str]:
    for mount in resource.items("taskSpec.containerSpec.mounts") if resource.kind == "docker:Service" else ():
        source = mount.get("source")
        if mount.get("type") != "bind" or source == UNKNOWN:
            continue
        if ".." in str(source) or not PurePosixPath(str(source)).is_relative_to(OWN):
            yield f"it sees {source} of the host"
        elif not mount.get("readOnly"):
            yield f"it may write to {source} of the host"


RULES = (
    Rule(
        id="SITE-SVC-1",
        title="every service has a memory limit",
        reason="On one droplet, a leak in one process is the end of all others.",
        mend="give the process `memory` in site:processes",
        same=("docker-bench 5.11", "CIS Docker 5.11", "Kubernetes' counterpart: checkov CKV_K8S_13"),
        resource=_memory,
    ),
    Rule(
        id="SITE-SVC-2",
        title="only the proxy publishes ports",
        reason="Docker's published ports go past a firewall of the host's own (moby#22054), and past the proxy's TLS.",
        mend="reach the service by its name on the site's network",
        same=("docker-bench 5.9, 5.14", "CIS Docker 5.9, 5.14", "OWASP Docker rule 5a"),
        resource=_ports,
    ),
    Rule(
        id="SITE-SVC-3",
        title="containers see no file of the host but the program's own, and change none",
        reason="Docker's socket or /etc in a container is root on the host.",
        mend="use a volume (`volumes` of the process), or a read-only folder below /srv/site",
        same=("docker-bench 5.6, 5.32", "CIS Docker 5.6, 5.32", "Kubernetes' counterpart: checkov CKV_K8S_27"),
        resource=_mounts,
    ),
)
CONFINEMENT = (
    Rule(
        id="SITE-SVC-4",
        title="every service has a processor limit",
        reason="On one droplet, a loop in one process slows all others down.",
        mend="in infra/service.py, give the service nano_cpus",
        same=("docker-bench 5.12", "CIS Docker 5.12", "Kubernetes' counterpart: checkov CKV_K8S_11"),
        resource=_processors,
    ),
    Rule(
        id="SITE-SVC-5",
        title="services have no capability of root but those that they name",
        reason="What a process can't do, nobody who gets into it can.",
        mend='in infra/confinement.py, drop "ALL" and add what is needed',
        same=("docker-bench 5.4", "CIS Docker 5.4", "Kubernetes' counterpart: checkov CKV_K8S_37"),
        resource=_capabilities,
    ),
    Rule(
        id="SITE-SVC-6",
        title="services can't change the files of their image",
        reason="Whoever gets into a process can leave nothing behind that is run again.",
        mend="declare what is written as a volume or a folder in memory (`tmpfs` of the process)",
        same=("docker-bench 5.13", "CIS Docker 5.13", "Kubernetes' counterpart: checkov CKV_K8S_22"),
        resource=_read_only,
    ),
)
"""How far containers are shut in."""
