"""What a run may not delete or make anew without somebody's word. A policy pack can't see what is done to a resource: a preview can."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policy.resource import kind
from policy.rule import Rule
from policy.violation import Violation

DROPLET = Rule(
    id="SITE-REPLACE-1",
    title="no droplet is deleted or replaced without an allowance",
    reason="With it go the volumes and the certificates on it, and the site for as long as another one boots.",
    mend="to renew it: python -m ci rebuild; else undo the change that replaces it",
    same=("CIS Controls 11.3",),
)
DATABASE = Rule(
    id="SITE-REPLACE-2",
    title="no database is deleted or replaced without an allowance",
    reason="DigitalOcean deletes a cluster's backups with it.",
    mend="undo the change that replaces it: what is changed in place is size, nodes and version",
    same=("CIS Controls 11.3",),
)
RULES = (DROPLET, DATABASE)
_KINDS = {"digitalocean:Droplet": DROPLET, "digitalocean:DatabaseCluster": DATABASE, "digitalocean:DatabaseDb": DATABASE}


def replaced(changes: Iterable[tuple[str, str, str]], config: Mapping[str, Any]) -> Iterator[Violation]:
    """Violations by changes, each a URN, a type and an operation (`replace`, `delete` …). `config` is the stack's, by whole key: the
    allowances are `site:allowedViolations`, and for droplets `site:renewServer`, which `python -m ci rebuild` sets for its own run."""
    reasons = config.get("site:allowedViolations") or {}
    for urn, type, op in changes:
        rule = _KINDS.get(kind(type))
        if not rule or op not in ("replace", "delete"):
            continue
        renewed = rule is DROPLET and op == "replace" and config.get("site:renewServer")
        yield Violation(
            id=rule.id,
            urn=urn,
            message=f"it would be {op}d",
            mend=rule.mend,
            allowed="site:renewServer" if renewed else reasons.get(rule.id, ""),
        )
