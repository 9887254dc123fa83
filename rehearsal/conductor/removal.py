"""Deletes entries of the ledger: what the program no longer declares, old halves of replacements, or everything."""

import dataclasses

from rehearsal.conductor.catalog import Catalog
from rehearsal.conductor.errors import ConductorError, Unreachable
from rehearsal.conductor.handler import Existing
from rehearsal.conductor.ledger import Entry, Ledger, State
from rehearsal.conductor.operation import Operations
from rehearsal.conductor.step import Op

_HOST = "digitalocean:index/droplet:Droplet"
_ON_HOST = "docker:"


class Removal:
    """One pass of deletions. What goes away with its host is deleted first, quickly, and need not answer."""

    def __init__(self, ledger: Ledger, catalog: Catalog, operations: Operations) -> None:
        self._ledger = ledger
        self._catalog = catalog
        self._operations = operations
        self._silent: set[str] = set()
        """Providers whose host did not answer."""

    def remove(self, entries: list[Entry]) -> None:
        """Delete these, users before what they use. Raises ConductorError at the end, when all that can go is gone."""
        urns = {entry.urn for entry in entries}
        hosts_go = any(entry.type == _HOST for entry in entries)
        self._catalog.connections.hurried = hosts_go
        errors: list[ConductorError] = []
        blocked: set[str] = set()
        for entry in in_order(entries):
            self._operations.check()
            if entry.urn in blocked:
                blocked |= entry.needs
                continue
            marked = dataclasses.replace(entry, state=State.DELETING) if entry.state is State.DONE else entry
            if marked != entry:
                self._ledger.put(marked)
            try:
                if not (entry.retain or entry.deleted_with in urns or entry.provider in self._silent):
                    self._delete(entry)
            except ConductorError as error:
                if not (hosts_go and _gone_with_host(entry, error)):
                    errors.append(error)
                    blocked |= entry.needs
                    continue
                if isinstance(error, Unreachable) and entry.provider:
                    self._silent.add(entry.provider)
            self._ledger.remove(marked)
        if errors:
            raise ConductorError("\n".join(map(str, errors)))

    def _delete(self, entry: Entry) -> None:
        self._operations.mask.learn(value for name in entry.secrets for value in (entry.inputs.get(name), entry.outputs.get(name)))
        with self._operations.run(Op.DELETE, entry.type, entry.name, entry.urn):
            handler = self._catalog.handler(entry.type, entry.provider)
            if entry.state is not State.CREATING:
                handler.delete(Existing(entry.id or "", entry.inputs, entry.outputs))
            elif found := handler.find(entry.inputs):
                handler.delete(Existing(found.id, entry.inputs, found.outputs))


def left_over(ledger: Ledger, declared: set[str]) -> list[Entry]:
    """What a program that declares these URNs leaves to be deleted."""
    return [entry for entry in ledger.entries if entry.urn not in declared or entry.state is State.DELETING]


def in_order(entries: list[Entry]) -> list[Entry]:
    """Latest first, but never before an entry that needs it: an old service may use a new secret."""
    remaining = sorted(entries, key=lambda entry: entry.sequence, reverse=True)
    order: list[Entry] = []
    while remaining:
        needed = {urn for entry in remaining for urn in entry.needs - {entry.urn}}
        # The halves of a replacement share an URN, so that they may seem to need one another.
        chosen = next((entry for entry in remaining if entry.urn not in needed), remaining[0])
        remaining.remove(chosen)
        order.append(chosen)
    return order


def _gone_with_host(entry: Entry, error: ConductorError) -> bool:
    """Docker objects are; a command is when its ssh found nobody."""
    return entry.type.startswith(_ON_HOST) or isinstance(error, Unreachable)
