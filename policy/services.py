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
