"""Where secrets stand in clear."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from policy.resource import UNKNOWN, Resource, Stack, texts
from policy.rule import Rule

SHORTEST = 8
"""Characters of what is looked for: shorter texts are found by chance. The config takes no shorter secret (ci/strength.py)."""
_SHAPES = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token of DigitalOcean": re.compile(r"\b(?:do[opr]_v1_[0-9a-f]{16}|DO[0-9A-Z]{18}\b)"),
    "a token of GitLab": re.compile(r"\bgl(?:pat|dt|rt|cbt|ptt|ft|agent|soat)-[\w-]{16}"),
    "an access key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "a URL with a password": re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@'\"]*:[^\s/:@'\"]+@"),
    "a password": re.compile(r"""(?i)(?:passw(?:or)?d|secret|token|api_?key)["']?\s*[:=]\s*["']?(?!\$)[^\s"',]{8,}"""),
}
"""By what a secret is told wherever it stands; tokens by the prefixes that their makers publish."""
_NAMES = re.compile(r"(?i)passw(or)?d|secret|token|private|api_?key|credential|database_url")
_MADE = {
    "digitalocean:ContainerRegistryDockerCredentials": ("dockerCredentials",),
    "digitalocean:DatabaseCluster": ("password", "uri", "privateUri"),
    "digitalocean:DatabaseUser": ("password",),
    "digitalocean:SpacesKey": ("secretKey",),
    "gitlab:ProjectDeployToken": ("token",),
    "random:RandomPassword": ("result",),
    "tls:PrivateKey": ("privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"),
}
"""What is secret of what is made, by kind: outputs come to a policy pack without marks (pulumi-policy 1.21)."""


def _exports(stack: Stack) -> Iterator[tuple[str, str]]:
    known = [text for text in {*stack.secrets, *_made(stack)} if len(text) >= SHORTEST]
    for name, value in stack.exports.items():
        for text in texts(value):
            if any(secret in text for secret in known):
                yield "", f"the export {name} holds a secret of the stack"
            elif shape := _shape(text):
                yield "", f"the export {name} holds {shape}"


def _made(stack: Stack) -> Iterator[str]:
    for kind, names in _MADE.items():
        for resource in stack.of(kind):
            for name in names:
                yield from texts(resource.outputs.get(name))


def _user_data(resource: Resource) -> Iterator[str]:
    """All but the boot host key, which is worthless after the first connection."""
    data = resource.get("userData") if resource.kind == "digitalocean:Droplet" else None
    if not isinstance(data, str) or data == UNKNOWN:
        return
    content = yaml.safe_load(data)
    if not isinstance(content, dict):
        content = {"text": data}
    keys = content.pop("ssh_keys", {})
    rest = {name: key for name, key in keys.items() if name not in ("ed25519_private", "ed25519_public")}
    for path, text in _paths({**content, **({"ssh_keys": rest} if rest else {})}):
        if shape := _shape(f"{path.rpartition('.')[2]}: {text}"):
            yield f"{path} in its user data holds {shape}"


def _environment(resource: Resource) -> Iterator[str]:
    for name, value in resource.table("taskSpec.containerSpec.env").items() if resource.kind == "docker:Service" else ():
        if _NAMES.search(name) or _shape(str(value)):
            yield f"`docker inspect` shows its variable {name}"


def _shape(text: str) -> str:
    """What kind of secret a text holds by its looks, or an empty text."""
    return next((shape for shape, pattern in _SHAPES.items() if pattern.search(text)), "")


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _paths(inner, f"{path}[{place}]")
    elif isinstance(value, str):
        yield path, value


RULES = (
    Rule(
        id="SITE-SECRET-1",
        title="no export holds a secret",
        reason="Exports are printed after each run, and stand in the preview bundle that merge requests read.",
        mend="take the value out of pulumi.export in __main__.py",
        same=("CIS Controls 3.11", "OWASP CICD-SEC-6"),
        stack=_exports,
    ),
    Rule(
        id="SITE-SECRET-2",
        title="user data holds no secret but the boot host key",
        reason="Any process on a droplet can read its user data, for as long as the droplet lives.",
        mend="bring the secret to the host by a command's stdin (infra/host.py)",
        same=("checkov CKV_SECRET_6", "AWS's counterpart: checkov CKV_AWS_46"),
        resource=_user_data,
    ),
    Rule(
        id="SITE-SECRET-3",
        title="no secret stands in a service's variables",
        reason="`docker inspect` and /proc show them to everybody on the host.",
        mend="pulumi config set --secret --path site:secrets.NAME: these reach the image as a file",
        same=("trivy DS-0031 (the same for images)", "checkov CKV_SECRET_6", "CIS Docker 4.10"),
        resource=_environment,
    ),
)
