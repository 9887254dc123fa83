"""Who reaches the database, and over what."""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from policy.resource import UNKNOWN, Resource, Stack, texts
from policy.rule import Rule

ENCRYPTED = frozenset(("require", "verify-ca", "verify-full"))
"""libpq's modes that never fall back to a connection in clear (https://www.postgresql.org/docs/current/libpq-ssl.html)."""
_MODE = re.compile(r"""PGSSLMODE=["']?([\w-]+)""")
_URL = re.compile(r"""postgres(?:ql)?://[^\s"'<>]+""")


def _in_vpc(resource: Resource) -> Iterator[str]:
    if resource.kind == "digitalocean:DatabaseCluster" and not resource.get("privateNetworkUuid"):
        yield "it is in no private network of the stack"


def _by_tag(resource: Resource) -> Iterator[str]:
    if resource.kind != "digitalocean:DatabaseFirewall":
        return
    rules = resource.get("rules")
    if not rules:
        yield "it has no rule, which DigitalOcean takes for: everybody"
    for rule in resource.items("rules"):
        if rule.get("type") not in ("tag", UNKNOWN):
            yield f"it lets in {rule.get('type')} {rule.get('value')}: only a tag follows the droplets"


def _guarded(stack: Stack) -> Iterator[tuple[str, str]]:
    guarded = {resource.outputs.get("clusterId") or resource.get("clusterId") for resource in stack.of("digitalocean:DatabaseFirewall")}
    for cluster in stack.of("digitalocean:DatabaseCluster"):
        # Where the id is not known yet, a firewall is for the cluster that is made with it.
        if not guarded or (UNKNOWN not in guarded and cluster.outputs.get("id") not in (None, UNKNOWN, *guarded)):
            yield cluster.urn, "it has no firewall, and is open to the whole world"


def _over_tls(resource: Resource) -> Iterator[str]:
    for text in _read(resource):
        for mode in _MODE.findall(text):
            if mode not in ENCRYPTED:
                yield f"PGSSLMODE is {mode}"
        for url in _URL.findall(text):
            found = parse_qs(urlsplit(url).query).get("sslmode", ["prefer"])[-1]
            if found not in ENCRYPTED:
                yield f"a database URL has sslmode {found}"


def _read(resource: Resource) -> Iterator[str]:
    """What is run with, and what a Docker secret says."""
    if resource.kind == "docker:Secret":
        for text in texts(resource.get("data")):
            try:
                yield base64.b64decode(text, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
    elif resource.kind == "command:Command":
        for name in ("create", "update", "delete", "stdin", "environment"):
            yield from texts(resource.get(name))
    elif resource.kind == "docker:Service":
        yield from (f"{name}={value}" for name, value in resource.table("taskSpec.containerSpec.env").items())


RULES = (
    Rule(
        id="SITE-DB-1",
        title="the database is in the stack's private network",
        reason="What the site asks and is told does not leave the network, and no other droplet of the account is near it.",
        mend="in infra/database.py, give the cluster private_network_uuid",
        same=("CIS Controls 12.2", "AWS's counterpart: checkov CKV_AWS_17"),
        resource=_in_vpc,
    ),
    Rule(
        id="SITE-DB-2",
        title="the database lets in the stack's droplets, by their tag",
        reason="An address can come to belong to somebody else; a tag goes with the droplet, also when it is replaced.",
        mend='in infra/database.py, give the firewall the rule type="tag", value=tag',
        same=("CIS Controls 4.4",),
        resource=_by_tag,
    ),
    Rule(
        id="SITE-DB-3",
        title="every database cluster has a firewall",
        reason="A cluster without rules is open to the whole world.",
        mend="in infra/database.py, declare a DatabaseFirewall for the cluster",
        same=("CIS Controls 4.4",),
        stack=_guarded,
    ),
    Rule(
        id="SITE-TLS-1",
        title="the database is asked over TLS only",
        reason="With libpq's default, `prefer`, who is in between decides whether the password goes in clear.",
        mend="take PGSSLMODE and sslmode out of site:env and site:secrets, or use {database.url}",
        same=("CIS Controls 3.10",),
        resource=_over_tls,
    ),
)
