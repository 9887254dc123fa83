"""How visitors reach the site."""

from collections.abc import Iterator

from policy.resource import UNKNOWN, Resource
from policy.rule import Rule

_ADDRESSES = {"digitalocean:UptimeCheck": "target", "gitlab:ProjectEnvironment": "externalUrl"}


def _https(resource: Resource) -> Iterator[str]:
    if path := _ADDRESSES.get(resource.kind):
        address = resource.get(path)
        if address and address != UNKNOWN and not str(address).startswith("https://"):
            yield f"{path} is {address}"
    if resource.kind == "digitalocean:UptimeCheck" and resource.get("type") not in ("https", UNKNOWN):
        yield f"it asks by {resource.get('type')}"


def _certificate(resource: Resource) -> Iterator[str]:
    """The proxy takes HTTPS on port 443 wherever it takes HTTP on port 80."""
    ports = {port.get("publishedPort") for port in resource.items("endpointSpec.ports")} if resource.kind == "docker:Service" else set()
    if 80 in ports and 443 not in ports:
        yield "it publishes port 80 without port 443"


RULES = (
    Rule(
        id="SITE-TLS-2",
        title="the site is looked at over HTTPS",
        reason="A check over HTTP passes while every visitor sees a broken certificate.",
        mend="in infra/watch.py and __main__.py, begin the address with https://",
        same=("trivy DIG-0002 (of load balancers)", "CIS Controls 3.10"),
        resource=_https,
    ),
    Rule(
        id="SITE-TLS-3",
        title="what serves HTTP serves HTTPS too",
        reason="Sessions and passwords go in clear otherwise; port 80 is there to send visitors on.",
        mend="in infra/proxy.py, publish port 443 beside port 80",
        same=("trivy DIG-0002 (of load balancers)", "CIS Controls 3.10"),
        resource=_certificate,
    ),
)
