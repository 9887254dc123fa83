"""What is really there, at DigitalOcean and GitLab, compared with a state."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ci.cli import Cli, CliError
from ci.digitalocean import DigitalOcean
from ci.gitlab import ONCE, GitLab
from ci.scratch import SUFFIX
from ci.state import State
from ci.thing import Thing

_TOLD_ONCE = ("digitalocean:index/databaseUser:DatabaseUser", "digitalocean:index/spacesKey:SpacesKey", ONCE)
_NAMELESS = "digitalocean:index/reservedIp:ReservedIp"


@dataclass(frozen=True)
class Cloud:
    """Of one stack."""

    stack: str
    digitalocean: DigitalOcean
    gitlab: GitLab

    @classmethod
    def of(cls, cli: Cli, state: State) -> "Cloud":
        """With the tokens of the environment, or of the stack's config."""
        zones = frozenset(str(found["inputs"]["domain"]) for found in _with_pending(state) if found["type"].endswith(":DnsRecord"))
        digitalocean = DigitalOcean(token(cli, "DIGITALOCEAN_TOKEN", "digitalocean:token"), zones=zones)
        return cls(cli.stack, digitalocean, GitLab(token(cli, "GITLAB_TOKEN", "gitlab:token")))

    def holds(self, type: str) -> bool:
        """Whether things of this type are objects of their own there."""
        return self.digitalocean.lists(type) or type.startswith("gitlab:")

    def nameless(self, type: str) -> bool:
        """Whether nothing tells one such thing from another."""
        return type == _NAMELESS

    def told_once(self, type: str) -> bool:
        """Whether such a thing is of no use to whoever was not told its secret at its creation."""
        return type in _TOLD_ONCE

    def find(self, type: str, inputs: dict[str, Any], state: State) -> list[Thing]:
        """What was made of these inputs and is not in the state."""
        known = state.ids(type)
        if type.startswith("gitlab:"):
            return [thing for thing in self.gitlab.find(type, inputs) if thing.id not in known]
        name = _name(type, inputs)
        found = [thing for thing in self.digitalocean.things(type) if thing.id not in known]
        return [thing for thing in found if thing.spare] if self.nameless(type) else [thing for thing in found if thing.name == name]

    def delete(self, thing: Thing) -> None:
        """Delete it."""
        if thing.type.startswith("gitlab:"):
            self.gitlab.delete_token(thing)
        else:
            self.digitalocean.delete(thing)

    def unowned(self, kind: str, id: str, state: State) -> Thing | None:
        """The orphan that `KIND/ID` means, or an address that nobody uses."""
        spare = [thing for thing in self.digitalocean.things(_NAMELESS) if thing.spare and thing.id not in state.ids(_NAMELESS)]
        return next((thing for thing in [*spare, *self.orphans(state)] if (thing.kind, thing.id) == (kind, id)), None)

    def orphans(self, state: State) -> Iterator[Thing]:
        """Things with this stack's name that are not in its state."""
        # A record has a name of the site's: a second one beside that in the state is a duplicate.
        records = {_name(found["type"], found["inputs"]) for found in state.resources if found["type"].endswith(":DnsRecord")}
        for thing in self.digitalocean.every():
            ours = thing.name == f"site-{self.stack}" or thing.name.startswith((f"site-{self.stack}-", f"Site {self.stack}:"))
            if thing.name == f"site-{self.stack}{SUFFIX}":
                # A drill is under way, or the next one deletes it.
                continue
            if (ours or thing.name in records) and thing.id not in state.ids(thing.type):
                yield thing


def _name(type: str, inputs: dict[str, Any]) -> str:
    """What a thing of these inputs is called there."""
    match type.rpartition(":")[2]:
        case "DnsRecord":
            return f"{inputs['domain']}/{inputs['name']}/{inputs['type']}"
        case "MonitorAlert":
            return str(inputs["description"])
        case "DatabaseUser" | "DatabaseDb" | "DatabaseConnectionPool":
            return f"{inputs['clusterId']}/{inputs['name']}"
        case _:
            return str(inputs.get("name", ""))


def _with_pending(state: State) -> list[dict[str, Any]]:
    return [*state.resources, *(operation["resource"] for operation in state.pending)]


def token(cli: Cli, variable: str, key: str) -> str:
    """A cloud's token, from the environment or the stack's config; empty where there is none."""
    try:
        return os.environ.get(variable) or cli.run("config", "get", key).strip()
    except CliError:
        return ""
