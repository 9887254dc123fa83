"""Makes each registered resource real and writes it into the ledger, in the order in which the SDK asks for it."""

import dataclasses
import secrets
import threading
from typing import NamedTuple, Protocol

from infra.deploy_check import CHECK
from rehearsal.conductor.catalog import Catalog
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.handler import Existing, Handler
from rehearsal.conductor.ledger import Entry, Ledger, State
from rehearsal.conductor.operation import Operations
from rehearsal.conductor.plan import decide
from rehearsal.conductor.properties import Properties
from rehearsal.conductor.registration import Registration
from rehearsal.conductor.step import Op, Step


class Registered(NamedTuple):
    """What the program gets to see of a resource; `id` is None while it is unknown, and for components."""

    id: str | None
    properties: Properties


class Registry(Protocol):
    """Who answers the program's registrations: a deployment, or a preview."""

    steps: list[Step]
    components: dict[str, str]
    """URN of each component and of its parent."""

    def register(self, registration: Registration) -> Registered: ...


class Deployment:
    """One `up`. `register` comes from several threads, never twice for one resource at once."""

    def __init__(self, ledger: Ledger, catalog: Catalog, operations: Operations) -> None:
        self._ledger = ledger
        self._catalog = catalog
        self._operations = operations
        self._lock = threading.Lock()
        self.steps: list[Step] = []
        self.components: dict[str, str] = {}

    def register(self, registration: Registration) -> Registered:
        """Create, update or replace what it declares, or leave it. Raises ConductorError, and then no other begins."""
        for values in registration.secrets.values():
            self._operations.mask.learn(values)
        if not registration.custom:
            self.components[registration.urn] = registration.parent
            return Registered(None, {})
        try:
            self._operations.check()
            entry = self._reach(registration)
        except Exception as error:
            named = error if isinstance(error, ConductorError) else ConductorError(f"{registration.type} {registration.name}: {error!r}")
            self._operations.fail(named)
            raise named from error
        return Registered(entry.id, entry.inputs | entry.outputs)

    def _reach(self, registration: Registration) -> Entry:
        kind = self._catalog.kind(registration.type)
        if unfinished := self._ledger.unfinished(registration.urn):
            self._adopt(registration, unfinished)
        current = self._ledger.current(registration.urn)
        decision = decide(registration, current, kind)
        with self._lock:
            self.steps.append(decision.step)
        if current is None or decision.step.op is Op.REPLACE:
            return self._create(registration, decision.inputs, decision.step.op, current)
        if decision.step.op is Op.UPDATE:
            return self._update(registration, decision.inputs, current)
        fresh = _declared(current, registration)
        if fresh != current:
            self._ledger.put(fresh)
        return fresh

    def _create(self, registration: Registration, inputs: Properties, op: Op, old: Entry | None) -> Entry:
        handler = self._catalog.handler(registration.type, registration.provider)
        if handler.auto_named:
            inputs = {"name": f"{registration.name}-{secrets.token_hex(4)[:7]}", **inputs}
        entry = Entry(
            urn=registration.urn,
            type=registration.type,
            sequence=self._ledger.next_sequence(),
            state=State.CREATING,
            inputs=inputs,
        )
        entry = _declared(entry, registration)
        self._ledger.put(entry)
        with self._operations.run(op, registration.type, registration.name, registration.urn):
            made = handler.create(inputs)
            self._learn(handler, made.outputs, registration)
        if registration.name.endswith(CHECK):
            self._operations.say(registration.urn, str(made.outputs["stderr"]))
        return self._finish(dataclasses.replace(entry, id=made.id, outputs=made.outputs), old)

    def _update(self, registration: Registration, inputs: Properties, current: Entry) -> Entry:
        handler = self._catalog.handler(registration.type, registration.provider)
        with self._operations.run(Op.UPDATE, registration.type, registration.name, registration.urn):
            outputs = handler.update(Existing(current.id or "", current.inputs, current.outputs), inputs)
            self._learn(handler, outputs, registration)
        entry = _declared(dataclasses.replace(current, inputs=inputs, outputs=outputs), registration)
        self._ledger.put(entry)
        return entry

    def _adopt(self, registration: Registration, unfinished: Entry) -> None:
        """Keep what a killed run has made, or forget that it began."""
        handler = self._catalog.handler(registration.type, unfinished.provider)
        with self._operations.run("find", registration.type, registration.name, registration.urn):
            made = handler.find(unfinished.inputs)
        if made is None:
            self._ledger.remove(unfinished)
            return
        self._learn(handler, made.outputs, registration)
        self._finish(dataclasses.replace(unfinished, id=made.id, outputs=made.outputs), self._ledger.current(registration.urn))

    def _finish(self, entry: Entry, old: Entry | None) -> Entry:
        done = dataclasses.replace(entry, state=State.DONE)
        self._ledger.put(done, *([dataclasses.replace(old, state=State.DELETING)] if old else []))
        return done

    def _learn(self, handler: Handler, outputs: Properties, registration: Registration) -> None:
        """Hide the secret outputs, and refuse to hand the program a None, at which it would fail and name no resource."""
        self._operations.mask.learn(outputs[name] for name in registration.secret_names & outputs.keys())
        if missing := sorted(name for name in handler.gives if outputs.get(name) is None):
            raise ConductorError(f"it gave no {', '.join(missing)}")


def _declared(entry: Entry, registration: Registration) -> Entry:
    """The entry with the options of the latest declaration, which order and steer its deletion."""
    return dataclasses.replace(
        entry,
        secrets=sorted(registration.secret_names),
        parent=registration.parent,
        provider=registration.provider,
        dependencies=sorted(registration.dependencies),
        deleted_with=registration.deleted_with,
        retain=registration.retain,
    )
