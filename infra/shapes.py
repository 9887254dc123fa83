"""The shapes of single config values, as annotated types: each says what it allows and how to mend it."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator

_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_DIGEST = re.compile(r"[a-z0-9][a-z0-9._:-]*(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
_SSH_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-\S+@openssh\.com) [A-Za-z0-9+/]{40,}={0,2}( .*)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _domain(value: str) -> str:
    if value and not _HOST.fullmatch(value):
        raise ValueError("must be a host name in lower case, without scheme, port or path, like www.example.com")
    return value


def _digest(value: str) -> str:
    if value and not _DIGEST.fullmatch(value):
        raise ValueError(
            "must name an image by its digest, like registry.gitlab.com/group/app@sha256:<64 hex digits>, because a tag can change"
            " under a running site; `docker buildx imagetools inspect IMAGE:TAG` prints the digest"
        )
    return value


def _cidr(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        raise ValueError(f"must be a network in CIDR notation, like 203.0.113.7/32 ({error})") from None


def _private_range(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"must be a private IPv4 network in CIDR notation, like 10.20.0.0/20 ({error})") from None
    if not network.is_private or not 16 <= network.prefixlen <= 28:
        raise ValueError("must be a private IPv4 network of /16 to /28, like 10.20.0.0/20")
    return str(network)


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{3}[0-9]", value):
        raise ValueError("must be the slug of a DigitalOcean region, like fra1 or nyc3")
    return value


def _project(value: str) -> str:
    if value and not re.fullmatch(r"[\w.-]+(/[\w.-]+)+|[0-9]+", value):
        raise ValueError("must be the path or the number of a GitLab project, like group/app")
    return value


def _https_url(value: str) -> str:
    if value and not re.fullmatch(r"https://[^\s{}]+", value):
        raise ValueError("must be an https address, like https://acme-staging-v02.api.letsencrypt.org/directory")
    return value


def _ssh_key(value: str) -> str:
    if not _SSH_KEY.fullmatch(value.strip()):
        raise ValueError("must be a public ssh key, like `ssh-ed25519 AAAA… name`: the content of ~/.ssh/id_ed25519.pub")
    return value.strip()


def _email(value: str) -> str:
    if value and not _EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail address, like ops@example.com")
    return value


Domain = Annotated[str, AfterValidator(_domain)]
"""A host name, or empty."""
ImageDigest = Annotated[str, AfterValidator(_digest)]
"""An image with its digest, or empty."""
Cidr = Annotated[str, AfterValidator(_cidr)]
"""An IPv4 or IPv6 network."""
PrivateRange = Annotated[str, AfterValidator(_private_range)]
"""An IPv4 network that a VPC may have: https://docs.digitalocean.com/products/networking/vpc/details/limits/"""
Region = Annotated[str, AfterValidator(_region)]
"""A DigitalOcean region."""
ProjectPath = Annotated[str, AfterValidator(_project)]
"""A GitLab project, or empty."""
HttpsUrl = Annotated[str, AfterValidator(_https_url)]
"""An https address, or empty."""
SshKey = Annotated[str, AfterValidator(_ssh_key)]
"""A public key in OpenSSH's format."""
Email = Annotated[str, AfterValidator(_email)]
"""An e-mail address, or empty."""
