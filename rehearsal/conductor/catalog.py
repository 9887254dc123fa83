"""All types of resources that the conductor plays."""

from rehearsal.conductor.connections import Connections
from rehearsal.conductor.errors import ConductorError, Refused
from rehearsal.conductor.handler import Handler
from rehearsal.conductor.handlers import command, provider, random, tls
from rehearsal.conductor.handlers.digitalocean import account, databases, droplets, names, networks, registries, spaces, watching
from rehearsal.conductor.handlers.docker import objects, services
from rehearsal.conductor.handlers.gitlab import credentials, protection
from rehearsal.conductor.ledger import Ledger

_MODULES = (
    *(command, provider, random, tls),
    *(account, databases, droplets, names, networks, registries, spaces, watching),
    *(objects, services),
    *(credentials, protection),
)

KINDS: dict[str, type[Handler]] = {kind.type: kind for module in _MODULES for kind in module.KINDS}
"""Handlers by Pulumi type token."""


class Catalog:
    """Makes handlers. `kinds` are those of this program's types; tests bring their own."""

    def __init__(self, ledger: Ledger, connections: Connections, kinds: dict[str, type[Handler]] | None = None) -> None:
        self._ledger = ledger
        self._kinds = KINDS if kinds is None else kinds
        self.connections = connections

    def kind(self, type: str) -> type[Handler]:
        """Raises Refused for a type that is not played."""
        if type not in self._kinds:
            raise Refused(f"the conductor does not play {type}; it plays {', '.join(sorted(self._kinds))}")
        return self._kinds[type]

    def handler(self, type: str, provider: str) -> Handler:
        """The handler of a type, under the explicit provider with this URN (`""`: the default one)."""
        kind = self.kind(type)
        if not provider:
            return kind(self.connections, {})
        entry = self._ledger.current(provider)
        if entry is None:
            raise ConductorError(f"its provider {provider} is not in the ledger")
        return kind(self.connections, entry.inputs)
