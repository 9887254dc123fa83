"""A type of resource for tests: boxes on a shelf, a dictionary that says what is really there."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from ci.events import Event
from ci.mask import Mask
from rehearsal.conductor.catalog import Catalog
from rehearsal.conductor.connections import Connections
from rehearsal.conductor.deployment import Deployment
from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.ledger import Entry, Ledger
from rehearsal.conductor.operation import Operations
from rehearsal.conductor.properties import Properties
from rehearsal.conductor.registration import Registration
from rehearsal.conductor.removal import Removal
from tests.conductor.stage import NOBODY


class Shelf(Connections):
    """What is there, by name, and what was done, in order."""

    def __init__(self) -> None:
        super().__init__(NOBODY)
        self.boxes: dict[str, Properties] = {}
        self.done: list[str] = []
        self.broken: dict[str, Exception] = {}
        """Names of which every effect fails."""


class Box(Handler):
    """Has a name that is chosen where it is absent; another `size` needs another box."""

    type: ClassVar = "test:index:Box"
    accepts: ClassVar = frozenset({"name", "size", "color", "token"})
    replaces: ClassVar = frozenset({"name", "size"})
    replaceable: ClassVar = True
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"place"})

    @property
    def shelf(self) -> Shelf:
        assert isinstance(self.connections, Shelf)
        return self.connections

    def do(self, what: str, name: str) -> None:
        logical = name.rsplit("-", 1)[0]
        if logical in self.shelf.broken:
            raise self.shelf.broken[logical]
        self.shelf.done.append(f"{what} {logical}")

    def create(self, inputs: Properties) -> Made:
        self.do("create", inputs["name"])
        self.shelf.boxes[inputs["name"]] = inputs
        return Made(inputs["name"], {"place": inputs.get("color", "top")})

    def update(self, old: Existing, new: Properties) -> Properties:
        self.do("update", old.id)
        self.shelf.boxes[old.id] = new
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.do("delete", old.id)
        self.shelf.boxes.pop(old.id, None)

    def find(self, inputs: Properties) -> Made | None:
        return Made(inputs["name"], {"place": "found"}) if inputs["name"] in self.shelf.boxes else None


class Chest(Box):
    """A box that there can be but one of."""

    type: ClassVar = "test:index:Chest"
    replaceable: ClassVar = False


class HostedBox(Box):
    """A box that goes away with its host."""

    type: ClassVar = "docker:index:Box"


class Host(Box):
    """What the conductor takes for a droplet."""

    type: ClassVar = "digitalocean:index/droplet:Droplet"


KINDS: dict[str, type[Handler]] = {kind.type: kind for kind in (Box, Chest, HostedBox, Host)}


def urn(name: str, type: str = Box.type) -> str:
    return f"urn:pulumi:staging::site::{type}::{name}"


def declare(name: str, type: str = Box.type, *, needs: tuple[str, ...] = (), **options: Any) -> Registration:
    """A registration; `options` are fields of it. `inputs` default to none."""
    fields: dict[str, Any] = {
        "parent": "",
        "inputs": {},
        "secrets": {},
        "secret_outputs": frozenset(),
        "provider": "",
        "ignore_changes": (),
        "replace_on_changes": (),
        "delete_before_replace": False,
        "deleted_with": "",
        "retain": False,
    }
    return Registration(urn=urn(name, type), type=type, name=name, custom=True, dependencies=needs, **(fields | options))


@dataclass
class Workshop:
    """One ledger and one shelf, over several runs."""

    folder: Path
    shelf: Shelf = field(default_factory=Shelf)
    events: list[Event] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.folder / "ledger.json")

    def up(self, *registrations: Registration) -> Deployment:
        """Register these, in this order; nothing is deleted."""
        ledger = self.ledger
        deployment = Deployment(ledger, Catalog(ledger, self.shelf, KINDS), self._operations())
        for registration in registrations:
            deployment.register(registration)
        return deployment

    def remove(self, entries: list[Entry] | None = None) -> None:
        """Delete these entries, or all."""
        ledger = self.ledger
        Removal(ledger, Catalog(ledger, self.shelf, KINDS), self._operations()).remove(ledger.entries if entries is None else entries)

    def _operations(self) -> Operations:
        return Operations(self.events.append, Mask(), threading.Event())
