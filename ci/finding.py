"""What is otherwise than the program made it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["changed by hand", "gone", "not ours"]
KINDS: tuple[Kind, ...] = ("changed by hand", "gone", "not ours")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing. `properties` are the paths that differ, by name alone: a value may be a secret. `mend` is what to do about it, where that
    is not the same for all."""

    kind: Kind
    thing: str
    properties: tuple[str, ...] = ()
    mend: str = ""

    def __str__(self) -> str:
        shown = [*self.properties[:5], *([f"{len(self.properties) - 5} more"] if len(self.properties) > 5 else [])]
        return f"{self.thing} ({', '.join(shown)})" if shown else self.thing
