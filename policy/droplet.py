"""How a droplet is entered, and who sees that something is wrong with it."""

from collections.abc import Iterator

from policy.resource import UNKNOWN, Resource
from policy.rule import Rule


def _by_key(resource: Resource) -> Iterator[str]:
    if resource.kind == "digitalocean:Droplet" and not resource.get("sshKeys"):
        yield "it has no ssh key: DigitalOcean mails a root password for it"


def _watched(resource: Resource) -> Iterator[str]:
    if resource.kind == "digitalocean:Droplet" and resource.get("monitoring") not in (True, UNKNOWN):
        yield "nothing measures its memory and disk"


RULES = (
    Rule(
        id="SITE-SSH-2",
        title="droplets are entered by key",
        reason="Passwords are tried all day; DigitalOcean sets one where there is no key.",
        mend="in infra/servers.py, give the droplet ssh_keys",
        same=("checkov CKV_DIO_2", "trivy DIG-0004"),
        resource=_by_key,
    ),
    Rule(
        id="SITE-HOST-1",
        title="droplets are measured",
        reason="The alerts on memory and disk have nothing to go by otherwise.",
        mend="in infra/servers.py, give the droplet monitoring=True",
        resource=_watched,
    ),
)
