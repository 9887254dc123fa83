"""A throw-away program on a ledger of its own, run as `make up` runs the real one."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ci.events import Event
from rehearsal.conductor.connections import Endpoints
from rehearsal.conductor.run import Run

HERE = Path(__file__).parent
NOBODY = Endpoints(
    digitalocean_url="https://127.0.0.1:1",
    digitalocean_token="token-of-nobody",
    gitlab_url="https://127.0.0.1:1",
    gitlab_token="token-of-nobody",
    ca_file=Path("/dev/null"),
)
"""Where nothing answers."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """`folder` keeps the ledger and the file into which the program's commands write what they do."""

    folder: Path
    program: str = "commands_program"
    """A module beside this one: the `__main__.py` of the stage."""
    endpoints: Endpoints = NOBODY
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.json"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def run(self, **config: str) -> Run:
        """A run with these keys set, besides the secrets."""
        program = self.folder / "program"
        program.mkdir(exist_ok=True)
        shutil.copy(HERE / f"{self.program}.py", program / "__main__.py")
        values = {"log": str(self.log), **config, **self.secrets}
        return Run(
            stack="staging",
            project="site",
            program_dir=program,
            config={f"site:{key}": value for key, value in values.items()},
            secret_keys=[f"site:{key}" for key in self.secrets],
            ledger_path=self.ledger,
            endpoints=self.endpoints,
        )

    def effects(self) -> list[str]:
        """What commands did since the last question."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


class Events(list[Event]):
    """Keeps all events; `lines` are the effects in the order of their ends."""

    def __call__(self, event: Event) -> None:
        self.append(event)

    @property
    def lines(self) -> list[str]:
        return [f"{event.op} {event.name}" for event in self if event.kind == "finished"]
