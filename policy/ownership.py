"""Whose a resource is: its component in the state, its tag in the account; and what nobody deletes by mistake."""

from collections.abc import Iterator

from policy.resource import STACK, UNKNOWN, Resource
from policy.rule import Rule

PRODUCTION = "production"
HOLDS_DATA = frozenset(
    (
        "digitalocean:ContainerRegistry",
        "digitalocean:DatabaseCluster",
        "digitalocean:DatabaseDb",
        "digitalocean:DatabaseFirewall",
        "digitalocean:Domain",
        "digitalocean:ReservedIp",
        "digitalocean:SpacesBucket",
        "digitalocean:Volume",
        "digitalocean:Vpc",
        "docker:Volume",
    )
)
"""Kinds that hold data or an address that people know. Without its firewall a database is open to the world."""
TAGGED = frozenset(("digitalocean:Droplet", "digitalocean:DatabaseCluster", "digitalocean:Firewall", "digitalocean:Volume"))
"""What DigitalOcean can tag of what this program declares."""


def _parented(resource: Resource) -> Iterator[str]:
    # The engine makes providers of its own for the stack.
    if resource.type == STACK or resource.component or resource.name.startswith("default"):
        return
    if resource.parent.split("::")[2:3] in ([], [STACK]):
        yield "it hangs on the stack itself"


def _tagged(resource: Resource) -> Iterator[str]:
    if resource.kind not in TAGGED or resource.get("tags") == UNKNOWN:
        return
    tags = resource.get("tags") or []
    if UNKNOWN not in tags and f"site-{resource.stack}" not in tags:
        yield f"it has no tag site-{resource.stack}"


def _protected(resource: Resource) -> Iterator[str]:
    if resource.stack == PRODUCTION and resource.kind in HOLDS_DATA and not resource.protect:
        yield "it could be deleted"


RULES = (
    Rule(
        id="SITE-RES-1",
        title="every resource belongs to a component",
        reason="The tree of a preview is read by people, and options are handed down by it.",
        mend="give the resource opts=pulumi.ResourceOptions(parent=self)",
        resource=_parented,
    ),
    Rule(
        id="SITE-RES-2",
        title="what can be tagged has the stack's tag",
        reason="Firewalls and the database know droplets by it, and `python -m ci drift` finds by it what is in no state.",
        mend="give the resource tags=[tag]",
        same=("CIS Controls 1.1",),
        resource=_tagged,
    ),
    Rule(
        id="SITE-DATA-1",
        title="what holds data is protected in production",
        reason="A rename in the program deletes and makes anew; Pulumi refuses that for what is protected.",
        mend="pulumi config set site:protect true; in the program, hand `protect` to the resource",
        same=("CIS Controls 11.3", "AWS's counterpart: checkov CKV_AWS_293"),
        resource=_protected,
    ),
)
