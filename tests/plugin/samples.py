"""One resource of each type that the program declares, as it declares it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Inputs = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`id` is a pattern; `change` is made in place, `replacement` is not."""

    type: str
    id: str
    inputs: Callable[[], Inputs]
    gives: set[str] = field(default_factory=set)
    change: Inputs = field(default_factory=dict)
    replacement: Inputs


def public_key() -> str:
    """A new one each time: GitLab takes a key only once."""
    return Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


VARIABLE = Sample(
    type="gitlab:index/projectVariable:ProjectVariable",
    id=r":TOKEN:staging",
    inputs=lambda: {
        "key": "TOKEN",
        "value": "open-sesame-1",
        "variableType": "env_var",
        "protected": True,
        "masked": True,
        "raw": True,
        "environmentScope": "staging",
        "description": "Set by the stack staging.",
    },
    change={"value": "open-sesame-2", "protected": False},
    replacement={"environmentScope": "production"},
)
TOKEN = Sample(
    type="gitlab:index/projectDeployToken:ProjectDeployToken",
    id=r":\d+",
    inputs=lambda: {"name": "pull-staging", "scopes": ["read_registry", "read_repository"], "expiresAt": "2999-01-01T12:00:00Z"},
    gives={"username", "token"},
    replacement={"scopes": ["read_registry"]},
)
KEY = Sample(
    type="gitlab:index/deployKey:DeployKey",
    id=r":\d+",
    inputs=lambda: {"title": "staging, read only", "key": public_key(), "canPush": False},
    gives={"deployKeyId"},
    replacement={"title": "production, read only"},
)
ENVIRONMENT = Sample(
    type="gitlab:index/projectEnvironment:ProjectEnvironment",
    id=r":\d+",
    inputs=lambda: {"name": "staging", "externalUrl": "https://one.example.com", "tier": "staging", "stopBeforeDestroy": True},
    gives={"slug", "state"},
    change={"externalUrl": "https://two.example.com"},
    replacement={"name": "production"},
)
BRANCH = Sample(
    type="gitlab:index/branchProtection:BranchProtection",
    id=r":main",
    inputs=lambda: {"branch": "main", "pushAccessLevel": "maintainer", "mergeAccessLevel": "developer", "allowForcePush": False},
    gives={"branchProtectionId"},
    change={"allowForcePush": True},
    replacement={"mergeAccessLevel": "no one"},
)
TAG = Sample(
    type="gitlab:index/tagProtection:TagProtection",
    id=r":v\*",
    inputs=lambda: {"tag": "v*", "createAccessLevel": "maintainer"},
    replacement={"createAccessLevel": "developer"},
)
PROTECTED_ENVIRONMENT = Sample(
    type="gitlab:index/projectProtectedEnvironment:ProjectProtectedEnvironment",
    id=r":production",
    inputs=lambda: {"environment": "production", "deployAccessLevelsAttributes": [{"accessLevel": "maintainer"}]},
    replacement={"deployAccessLevelsAttributes": [{"accessLevel": "developer"}]},
)

SAMPLES = (VARIABLE, TOKEN, KEY, ENVIRONMENT, BRANCH, TAG, PROTECTED_ENVIRONMENT)
