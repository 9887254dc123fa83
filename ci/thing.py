"""A thing of the cloud, as its API shows it, and what it costs to leave it lying about."""

from dataclasses import dataclass


class CloudError(Exception):
    """An API did not give what was asked for; `str()` says which, and what to look at."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One object. `type` is the Pulumi type that would hold it, `id` the physical id that Pulumi would know it by."""

    type: str
    id: str
    name: str
    ready: bool = True
    """False while it is still being made."""
    spare: bool = False
    """Of things without a name: that nobody uses it now."""

    @property
    def kind(self) -> str:
        """`droplet`, `vpc` …: what people say, and what `--delete KIND/ID` takes."""
        return self.type.rpartition(":")[2]
