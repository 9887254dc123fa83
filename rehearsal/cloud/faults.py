"""Faults: what a request meets instead of a plain answer."""

import re
from functools import cached_property
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Kind = Literal[
    "429",
    "500-before",
    "500-after",
    "reset-after",
    "hang",
    "hang-before",
    "404-after-create",
    "revoked",
    "passwords-withheld",
]
SECONDS: dict[Kind, float] = {"429": 1, "hang": 60, "hang-before": 60, "404-after-create": 5}
"""The kinds that last for a time, and how long unless told."""
LASTING: tuple[Kind, ...] = ("revoked", "passwords-withheld")
"""The kinds that, once they have begun, go on until the faults are replaced."""


class Fault(BaseModel):
    """One fault, and the requests that meet it: `times` of those that match, from the `nth` one on.

    - `429`: refused, with `Retry-After`; `500-before`: refused. Neither is carried out.
    - `500-after`, `reset-after`: carried out, and the client gets a 500, or the end of the connection without a reply.
    - `hang`: carried out, and the reply is held; `hang-before`: held, and then carried out if the client is still there.
      Both end early when the faults are replaced.
    - `404-after-create`: what a POST has made is not found for a time by the GETs below that POST's path.
    - `revoked`: from then on the token of that API is refused.
    - `passwords-withheld`: the replies hold no password, as for a DigitalOcean token without `database:view_credentials`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    method: str = Field(pattern=r"^([A-Z]+|\*)$")
    """One method, or `*` for every one."""
    path: str = Field(pattern=r"^/\S*$")
    """Percent-encoded as it was sent, without a query; `{name}` stands for one segment and `*` for any text."""
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)
    seconds: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.seconds is not None and self.kind not in SECONDS:
            raise ValueError(f"seconds: {self.kind} takes none, only {', '.join(SECONDS)} do")
        return self

    @property
    def duration(self) -> float:
        """Its seconds, or those of its kind."""
        return SECONDS.get(self.kind, 0) if self.seconds is None else self.seconds

    def matches(self, method: str, path: str) -> bool:
        """Whether it is about this request."""
        return self.method in ("*", method) and self._pattern.fullmatch(path) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\}|\*)", self.path)
        return re.compile("".join(".*" if part == "*" else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts))


def parse(text: str) -> Fault:
    """A fault as a command line has it, `kind:METHOD PATH` or `kind:METHOD PATH:nth`. Raises ValueError, which says what is allowed."""
    if found := re.fullmatch(r"(?P<kind>[^:]*):(?P<method>\S+) (?P<path>\S+?)(:(?P<nth>\d+))?", text):
        try:
            return Fault.model_validate({name: value for name, value in found.groupdict().items() if value is not None})
        except ValidationError:
            pass
    raise ValueError(
        f"{text!r} is no fault: write kind:METHOD PATH, or kind:METHOD PATH:nth from the nth request on, "
        f"such as '500-after:POST /v2/droplets'. Kinds: {', '.join(get_args(Kind))}"
    )
