"""What pulls images, and which."""

import re
from collections.abc import Iterator

from policy.resource import UNKNOWN, Resource
from policy.rule import Rule

LONGEST = 366 * 24 * 3600
"""Seconds that a credential may live."""
_CREDENTIALS = "digitalocean:ContainerRegistryDockerCredentials"
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_PUSHES = re.compile(r"-push-\d+$")
"""The logical name of the one credential that writes: the app's pipeline has it, no host does (infra/registry.py)."""


def _read_only(resource: Resource) -> Iterator[str]:
    if resource.kind == "gitlab:ProjectDeployToken" and (more := set(resource.items("scopes")) - {"read_registry"}):
        yield f"it may {', '.join(sorted(more))}"
    if resource.kind == _CREDENTIALS and not _PUSHES.search(resource.name) and resource.get("write") not in (False, None, UNKNOWN):
        yield "it may write"


def _expires(resource: Resource) -> Iterator[str]:
    if resource.kind == _CREDENTIALS:
        seconds = resource.get("expirySeconds")
        if seconds != UNKNOWN and not 0 < int(seconds or 0) <= LONGEST:
            yield f"it lives {int(seconds) // 86400} days" if seconds else "it never ends"
    if resource.kind == "gitlab:ProjectDeployToken" and not resource.get("expiresAt"):
        yield "it never ends"


def _by_digest(resource: Resource) -> Iterator[str]:
    if resource.kind == "docker:Service":
        image = resource.get("taskSpec.containerSpec.image")
        if image != UNKNOWN and not _DIGEST.search(str(image or "")):
            yield f"it runs {image}"


RULES = (
    Rule(
        id="SITE-REG-1",
        title="credentials on hosts can only pull",
        reason="Whoever gets onto a host could put another image in the place of the site's.",
        mend="in infra/registry.py, scopes=['read_registry'] at GitLab, write=False at DigitalOcean",
        same=("CIS Controls 6.8", "OWASP CICD-SEC-6"),
        resource=_read_only,
    ),
    Rule(
        id="SITE-REG-2",
        title="registry credentials end by themselves, within a year",
        reason="One that was copied and forgotten opens nothing for ever. `python -m ci rotate registry` makes the next one.",
        mend="in infra/registry.py, expires_at at GitLab, expiry_seconds at DigitalOcean",
        same=("CIS Controls 5.3",),
        resource=_expires,
    ),
    Rule(
        id="SITE-IMG-1",
        title="services run images by digest",
        reason="A tag can mean another image tomorrow, on one of two replicas, and nobody has released it.",
        mend="pulumi config set site:image REPOSITORY@sha256:…; of others, infra/pinned.py finds the digest",
        same=("trivy DS-0001", "checkov CKV_DOCKER_7 (both of base images)", "Kubernetes' counterpart: checkov CKV_K8S_43"),
        resource=_by_digest,
    ),
)
