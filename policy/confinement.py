"""How far containers are shut in (infra/confinement.py)."""

from collections.abc import Iterator

from policy.resource import UNKNOWN, Resource
from policy.rule import Rule


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


RULES = (
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
