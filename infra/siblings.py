"""The other stack's file: what two stacks may not share can be told from how it is written, without reading any secret."""

from pathlib import Path
from typing import Any

import yaml

from infra.problems import Problem


def problems(stack: str, folder: Path) -> list[Problem]:
    """A `secretKey` that stands the same in two stack files of the folder, in clear or encrypted, is the same key."""
    own = _secret_key(folder / f"Pulumi.{stack}.yaml")
    others = [file for file in sorted(folder.glob("Pulumi.*.yaml")) if file.name != f"Pulumi.{stack}.yaml"]
    return [
        Problem(
            "site:secretKey",
            f"is the same in {other.name}: whoever reads one stack could sign sessions of the other",
            mend="openssl rand -base64 48 | pulumi config set --secret site:secretKey",
        )
        for other in others
        if own and own == _secret_key(other)
    ]


def _secret_key(file: Path) -> Any:
    content = yaml.safe_load(file.read_text()) if file.exists() else None
    return ((content or {}).get("config") or {}).get("site:secretKey")
