"""A preview bundle: what a preview needs of a stack, with every secret replaced by a fingerprint, so that anyone may have it.

A program in a merge request that prints or exports its secrets prints fingerprints.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ci.preview.ciphertexts import ciphertexts, without
from ci.preview.fingerprints import like

FILE = "bundle.json"


class BundleError(Exception):
    """There is no bundle that could be trusted; `str()` says why, and never shows a value."""


class Bundle(BaseModel):
    """`config` is what the stack file says without its secrets, `secrets` are the fingerprints of these by path and ciphertext, `exports`
    what the program exports in clear, `state` an export of the state in which all secrets are fingerprints. `verdict` says whether one can
    go back after the last release."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    stack: str
    made: str
    commit: str
    verdict: str
    config: dict[str, Any]
    secrets: dict[str, dict[str, str]]
    exports: dict[str, Any]
    state: dict[str, Any]

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Raises BundleError."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise BundleError(f"that is no preview bundle: {error.error_count()} wrong things, like {error.errors()[0]['loc']}") from None

    @property
    def image(self) -> str:
        """What runs."""
        return str(self.exports.get("image") or "")

    def fingerprint(self, path: str, ciphertext: str) -> str:
        """Of a secret of another stack file: the same where it stands there as it did, else a fresh one of the same shape."""
        known = self.secrets.get(path, {})
        if ciphertext in known:
            return known[ciphertext]
        return like(next(iter(known.values()), "name:password" if path == "site:basicAuth" else "another secret"))

    def changed(self, config: dict[str, Any]) -> list[str]:
        """Paths of the secrets that a stack file has otherwise than the bundle, new ones and missing ones included."""
        found = ciphertexts(config)
        return sorted(path for path in found.keys() | self.secrets if found.get(path) not in self.secrets.get(path, {}))


def running(bundle: Bundle, config: dict[str, Any], image: str = "") -> dict[str, Any]:
    """The plain values of a stack file with the image that runs, or another: what the file says of it is only a seed."""
    kept = image or bundle.image
    return without(config) | ({"site:image": kept} if kept else {})
