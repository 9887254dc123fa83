"""What the tests put in: a whole config as the engine would hand it over, and outputs of the cloud. Every secret is a canary."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[2]
STACKS = ("staging", "production")
SSH_FROM = "198.51.100.7/32"
OPERATOR_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOperatorOperatorOperatorOperatorOperator0 operator"
IMAGE = "registry.gitlab.com/example/site@sha256:" + "a1" * 32
IMAGE_USER = "1234:1235"
NEXT_IMAGE = "registry.gitlab.com/example/site@sha256:" + "b2" * 32

CONFIG_SECRETS = {
    "site:secretKey": "canary-1-Zq8vN3xW6rT1yU4pL7kJ0hG5fD2sA9mB-django-key",
    "site:secretKeyFallbacks": "canary-2-former-django-key",
    "site:stateAccessKey": "canary-3-state-access",
    "site:stateSecretKey": "canary-4-state-key",
    "site:basicAuth": "visitor:canary-5-basic-auth",
    "site:backupPassword": "canary-14-password-of-the-dumps",
    "digitalocean:token": "canary-6-digitalocean-token",
    "gitlab:token": "canary-7-gitlab-token",
}
"""What a user keeps secret. `basicAuth` is only set where a test asks for it."""
SECRET_ENTRIES = {"STRIPE_KEY": "canary-8-own-value"}
"""`site:secrets` of every composed config."""
_PULL_TOKEN = "canary-9-pull-token"


def _private_key(name: str) -> str:
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\ncanary-10-{name}\n-----END OPENSSH PRIVATE KEY-----\n"


def computed(type_: str, name: str) -> tuple[str, dict[str, Any]]:
    """Id and computed outputs of a new resource, as plain values: what is secret, the program itself must say."""
    docker_config = {"auths": {"registry.digitalocean.com": {"auth": base64.b64encode(f"puller:{_PULL_TOKEN}".encode()).decode()}}}
    outputs: dict[str, dict[str, Any]] = {
        "digitalocean:index/reservedIp:ReservedIp": {"ipAddress": "203.0.113.20"},
        "digitalocean:index/droplet:Droplet": {"ipv4Address": "203.0.113.10", "ipv4AddressPrivate": "10.20.0.2"},
        "digitalocean:index/databaseCluster:DatabaseCluster": {
            "privateHost": "private-site.db.example.com",
            "port": 25060,
            "user": "doadmin",
            "password": "canary-11-administrator",
        },
        "digitalocean:index/databaseUser:DatabaseUser": {"password": "canary-12/login@user"},
        "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": {"port": 25061},
        "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials": {
            "dockerCredentials": json.dumps(docker_config)
        },
        "digitalocean:index/spacesKey:SpacesKey": {"accessKey": "DO00SPACES", "secretKey": "canary-15-spaces-key"},
        "gitlab:index/projectDeployToken:ProjectDeployToken": {"username": "pull-user", "token": _PULL_TOKEN},
        "tls:index/privateKey:PrivateKey": {
            "privateKeyOpenssh": _private_key(name),
            "publicKeyOpenssh": f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{name.ljust(43, 'A')[:43]}\n",
        },
        "random:index/randomPassword:RandomPassword": {"result": "canary13broker"},
        # What a command prints: only those are listened to that look up an image's digest or its user, or the time.
        "command:local:Command": {
            "stdout": "2999-01-02T03:04:05Z"
            if name.startswith(("rotated-", "registry-since"))
            else IMAGE_USER
            if name == "release-user"
            else f"example/{name.removesuffix('-image')}:1@sha256:{'c3' * 32}"
        },
        "docker:index/secret:Secret": {"name": f"{name}-1a2b3c4"},
    }
    # The program does sums with no id but the droplet's, which is a number in DigitalOcean's API.
    return ("1001" if type_ == "digitalocean:index/droplet:Droplet" else f"{name}-id"), outputs.get(type_, {})


CANARIES = (*(f"canary-{number}-" for number in range(1, 12)), "canary-12/", "canary-12%2F", "canary13broker", "canary-14-", "canary-15-")
"""The beginning of every secret, also as it stands in a URL."""


@cache
def declared() -> dict[str, dict[str, Any]]:
    """The entries of Pulumi.yaml's `config:`, by flat key."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())["config"]
    return entries


@cache
def stack_file(stack: str) -> dict[str, Any]:
    """The `config:` part of a committed stack file, by whole key."""
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return content


def compose(stack: str, /, **overrides: Any) -> dict[str, str]:
    """Config of a stack: defaults, its file, what a user must fill in, and overrides by flat key; None takes a key away."""
    values = {f"site:{key}": entry["default"] for key, entry in declared().items()} | stack_file(stack)
    values |= {key: value for key, value in CONFIG_SECRETS.items() if key != "site:basicAuth"}
    values |= {
        "site:operatorKeys": [OPERATOR_KEY],
        "site:sshFrom": [SSH_FROM],
        "site:image": IMAGE,
        "site:alertEmail": "ops@example.com",
        "site:stateUrl": "s3://state?endpoint=fra1.digitaloceanspaces.com",
        "site:secrets": SECRET_ENTRIES,
    }
    values |= {f"site:{key}": value for key, value in overrides.items()}
    # The engine hands out structured values as JSON, and everything as text.
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items() if value is not None}
