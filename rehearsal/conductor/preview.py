"""What an `up` would do: the ledger and the program, no network and no effect."""

import threading

from rehearsal.conductor.catalog import Catalog
from rehearsal.conductor.deployment import Registered
from rehearsal.conductor.ledger import Ledger
from rehearsal.conductor.plan import decide
from rehearsal.conductor.properties import COMPUTED
from rehearsal.conductor.registration import Registration
from rehearsal.conductor.step import Op, Step


class Preview:
    """Answers registrations like a deployment; outputs of what would be created are unknown."""

    def __init__(self, ledger: Ledger, catalog: Catalog) -> None:
        self._ledger = ledger
        self._catalog = catalog
        self._lock = threading.Lock()
        self.steps: list[Step] = []
        self.components: dict[str, str] = {}
        self.registrations: list[Registration] = []

    def register(self, registration: Registration) -> Registered:
        with self._lock:
            self.registrations.append(registration)
        if not registration.custom:
            self.components[registration.urn] = registration.parent
            return Registered(None, {})
        kind = self._catalog.kind(registration.type)
        entry = self._ledger.current(registration.urn)
        decision = decide(registration, entry, kind)
        with self._lock:
            self.steps.append(decision.step)
        if entry is None or decision.step.op is Op.REPLACE:
            return Registered(None, decision.inputs)
        outputs = entry.outputs
        if decision.step.op is Op.UPDATE:
            outputs = outputs | dict.fromkeys(kind.fresh, COMPUTED)
        return Registered(entry.id, decision.inputs | outputs)
