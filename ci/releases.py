"""The releases of a stack, as its registry remembers them: every digest that proved good is tagged `deployed-STACK-N`.

The tag also keeps it from being collected: GitLab.com removes manifests without a tag after a day.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
from dxf import DXF, DXFBase
from dxf.exceptions import DXFError

from ci.thing import CloudError

_T = TypeVar("_T")
REVISION = "org.opencontainers.image.revision"
_DEEPEST = 50
"""How many entries are looked at: older ones were rolled back to long ago, or not at all."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """The `number`-th good release of the stack; the same digest may come again after a rollback."""

    number: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who may push. GitLab takes any name with a token of scope `api`, DigitalOcean the token for both."""

    name: str
    password: str


class Releases:
    """Of one stack, in the repository of `image`."""

    def __init__(
        self, stack: str, image: str, credentials: Credentials, *, keep: int, reached_at: str = "", ca_file: str | None = None
    ) -> None:
        """`keep` is how many digests can be gone back to. The registry is where the image's name says, or at `reached_at` (HOST:PORT)."""
        self._keep = keep
        self.stack, self._prefix = stack, f"deployed-{stack}-"
        self.repository = image.partition("@")[0]
        address, _, path = self.repository.partition("/")

        def login(registry: DXFBase, answer: requests.Response) -> None:
            registry.authenticate(credentials.name, credentials.password, response=answer)

        self._digests: dict[int, str] = {}
        self._registry = DXF(reached_at or address, path, login, tlsverify=ca_file or True, timeout=30)

    def all(self) -> list[Past]:
        """Oldest first. Raises CloudError."""
        return self._told(lambda: [Past(number=number, digest=self._digest(number)) for number in self._numbers()[-_DEEPEST:]])

    def number(self, digest: str) -> int:
        """The newest number of a digest; 0 where it has none. Raises CloudError."""
        return self._told(lambda: next((number for number in self._numbers()[: -_DEEPEST - 1 : -1] if self._digest(number) == digest), 0))

    def add(self, digest: str) -> int:
        """Tag it as the newest, unless it is; gives its number. Raises CloudError."""

        def tag() -> int:
            numbers = self._numbers()
            if numbers and self._digest(numbers[-1]) == digest:
                return numbers[-1]
            number = numbers[-1] + 1 if numbers else 1
            self._registry.set_manifest(f"{self._prefix}{number}", self._registry.get_manifest_and_response(digest)[0])
            return number

        return self._told(tag)

    def kept(self) -> set[str]:
        """The images that can be gone back to. Raises CloudError."""
        return {f"{self.repository}@{digest}" for digest in kept(self.all(), self._keep)}

    def outdated(self) -> list[str]:
        """The tags whose digests are not `kept`, oldest first; never the newest tag, so that no number comes twice. Raises CloudError."""

        def look() -> list[str]:
            # All of them, not only the _DEEPEST: an older tag may be of a digest that is kept.
            releases = [Past(number=number, digest=self._digest(number)) for number in self._numbers()]
            wanted = kept(releases, self._keep)
            return [f"{self._prefix}{past.number}" for past in releases[:-1] if past.digest not in wanted]

        return self._told(look)

    def revision(self, digest: str) -> str:
        """The commit that an image says it was built from; empty where it does not say. Raises CloudError.

        It is the label `org.opencontainers.image.revision`: https://specs.opencontainers.org/image-spec/annotations/
        """

        def look() -> str:
            manifest = json.loads(self._registry.get_manifest_and_response(digest)[0])
            # Of an image for several platforms the first one; what attests to its build says `unknown`.
            known = [one for one in manifest.get("manifests", []) if one.get("platform", {}).get("os") != "unknown"]
            if known:
                manifest = json.loads(self._registry.get_manifest_and_response(known[0]["digest"])[0])
            blob: Any = self._registry.pull_blob(manifest["config"]["digest"])
            config = json.loads(b"".join(blob))
            return str(((config.get("config") or {}).get("Labels") or {}).get(REVISION, ""))

        return self._told(look)

    def _numbers(self) -> list[int]:
        tags = self._registry.list_aliases()
        pattern = re.compile(re.escape(self._prefix) + r"(\d+)")
        return sorted(int(found[1]) for tag in tags if (found := pattern.fullmatch(tag)))

    def _digest(self, number: int) -> str:
        """Asked once: these tags are never moved."""
        if number not in self._digests:
            self._digests[number] = str(self._registry.head_manifest_and_response(f"{self._prefix}{number}")[0])
        return self._digests[number]

    def _told(self, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except (DXFError, requests.RequestException) as error:
            raise CloudError(
                f"the registry of {self.repository}: {str(error) or type(error).__name__}; may the token push to it?"
            ) from None


def previous(releases: list[Past], running: str) -> Past | None:
    """The good release before the one that runs: going back twice goes back two, never to the one that was left."""
    first = next((place for place, found in enumerate(releases) if found.digest == running), len(releases))
    return releases[first - 1] if first else None


def kept(releases: list[Past], keep: int) -> set[str]:
    """The digests that can be gone back to: the newest, each counted once."""
    newest = list(dict.fromkeys(found.digest for found in reversed(releases)))
    return set(newest[:keep])
