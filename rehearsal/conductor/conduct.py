"""The three things a conductor does: up, preview, down."""

import logging
from dataclasses import replace

from rehearsal.conductor.catalog import Catalog
from rehearsal.conductor.deployment import Deployment, Registry
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.ledger import Entry, Ledger
from rehearsal.conductor.operation import Operations
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.plan import removal
from rehearsal.conductor.policing import against_the_policy
from rehearsal.conductor.preview import Preview
from rehearsal.conductor.program import Exports, Program
from rehearsal.conductor.removal import Removal, left_over
from rehearsal.conductor.step import Op


def up(program: Program, ledger: Ledger, catalog: Catalog, operations: Operations, log: logging.Logger) -> Outcome:
    """Make what the program declares, then delete what it no longer declares. A failure deletes nothing."""
    deployment = Deployment(ledger, catalog, operations)
    try:
        exports = program.run(deployment, preview=False, log=log)
    except ConductorError as error:
        # The first failure of a resource says more than the SDK's last.
        raise operations.failure or error from None
    ledger.export(exports.values)
    left = left_over(ledger, {step.urn for step in deployment.steps})
    Removal(ledger, catalog, operations).remove(left)
    return _outcome(deployment, exports, left)


def preview(program: Program, ledger: Ledger, catalog: Catalog, log: logging.Logger) -> Outcome:
    """What `up` would do."""
    seen = Preview(ledger, catalog)
    exports = program.run(seen, preview=True, log=log)
    found = _outcome(seen, exports, left_over(ledger, {step.urn for step in seen.steps}))
    return replace(found, violations=against_the_policy(program, seen.registrations, found))


def down(ledger: Ledger, catalog: Catalog, operations: Operations) -> Outcome:
    """Delete all that the ledger knows; the program is not run."""
    entries = ledger.entries
    Removal(ledger, catalog, operations).remove(entries)
    ledger.export({})
    return Outcome(steps=list(map(removal, entries)), exports={}, secret_exports=[], components={})


def _outcome(registry: Registry, exports: Exports, left: list[Entry]) -> Outcome:
    """The old half of a replacement is no step of its own."""
    replaced = {step.urn for step in registry.steps if step.op is Op.REPLACE}
    return Outcome(
        steps=[*registry.steps, *(removal(entry) for entry in left if entry.urn not in replaced)],
        exports=exports.values,
        secret_exports=sorted(exports.secret),
        components=registry.components,
    )
