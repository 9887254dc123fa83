"""Home: where a rehearsal keeps what it needs to go on, all below `.rehearsal/` in the checkout. `make down` removes it."""

import fcntl
import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
STACKS = ("staging", "production")
ENGINES = ("pulumi", "conductor")
"""What can run a rehearsed stack: the Pulumi CLI, or its stand-in."""


@dataclass(frozen=True)
class Home:
    """Paths, and the few values that are generated once."""

    root: Path = CHECKOUT / ".rehearsal"

    def __post_init__(self) -> None:
        self.root.mkdir(mode=0o700, exist_ok=True)

    @property
    def world(self) -> Path:
        """What the containers that play the cloud are told."""
        return self.root / "world"

    @property
    def store(self) -> Path:
        """The state of both APIs."""
        return self.root / "cloud.json"

    @property
    def log(self) -> Path:
        """What the APIs were asked, without bodies."""
        return self.root / "cloud.log"

    @property
    def address(self) -> Path:
        """Address and process number of the APIs."""
        return self.root / "address.json"

    @property
    def sockets(self) -> Path:
        """A folder with a path short enough for unix sockets."""
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:8]
        folder = Path(tempfile.gettempdir()) / f"rehearsal-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def stack(self, stack: str) -> Path:
        """The folder of a stack."""
        folder = self.root / stack
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def ledger(self, stack: str) -> Path:
        """What an `up` of the stack has made."""
        return self.stack(stack) / "ledger.json"

    def workspace(self, stack: str) -> Path:
        """Where the Pulumi CLI runs the stack."""
        return self.stack(stack) / "pulumi"

    def engine(self, stack: str) -> Path:
        """What runs the stack, as one word; written when an `up` begins."""
        return self.root / stack / "engine"

    def certificate(self, stack: str) -> Path:
        """The CA certificate of the stack's own proxy, for `curl --cacert`."""
        return self.stack(stack) / "ca.crt"

    def generated(self, scope: str, name: str, size: int = 48) -> str:
        """A random value that stays the same for `scope` (a stack, or `cloud`) until it is taken down."""
        file = self.stack(scope) / "generated.json"
        # Several commands may run at once: without the lock, one could write back what another has just added to.
        with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            known: dict[str, str] = json.loads(opened.read() or "{}")
            if name not in known:
                known[name] = secrets.token_urlsafe(size)
                opened.seek(0)
                opened.write(json.dumps(known))
        return known[name]

    def stacks(self) -> list[str]:
        """The stacks that an `up` has begun and no `down` has ended."""
        return [stack for stack in STACKS if self.engine(stack).exists()]
