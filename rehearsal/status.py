"""`status`: how the rehearsed stacks are, by what tells it of real ones."""

import json
from collections.abc import Mapping

from ci.digitalocean import DigitalOcean
from ci.dumps import DECLARED
from ci.state import name_of
from ci.status.report import Report
from ci.status.subject import CLUSTER, SERVICE, Subject
from rehearsal import release
from rehearsal.apis import Apis
from rehearsal.cloud.world import WorldError
from rehearsal.conductor.ledger import Ledger
from rehearsal.home import Home
from rehearsal.stack import Stack
from rehearsal.workspace import Workspace


def reports(home: Home, *, look: bool = False) -> list[Report]:
    """Of every stack; `look`: drift is looked for now, where the Pulumi CLI has made the stack."""
    return [_report(Stack(name, home), look=look) for name in home.stacks()]


def _report(stack: Stack, *, look: bool) -> Report:
    if stack.engine == "pulumi":
        told = Workspace(stack.name, stack.home).told("status", "--json", *(["--drift"] if look else []))
        return Report.parse(json.loads(told))
    return Report.of(_subject(stack))


def _subject(stack: Stack) -> Subject:
    """Of a stack that the conductor has made: it has no history of updates, and nothing that looks for drift."""
    apis, entries, exports = Apis(stack.home), Ledger(stack.home.ledger(stack.name)).entries, stack.exports
    ways = release.of(stack, lambda _: None)
    clusters = [str(entry.id) for entry in entries if entry.type == CLUSTER]
    return Subject(
        stack=stack.name,
        exports=exports,
        services=frozenset(str(entry.inputs["name"]) for entry in entries if entry.type == SERVICE),
        cluster=clusters[-1] if clusters else "",
        dumped=DECLARED in {(entry.type, name_of({"urn": entry.urn})) for entry in entries},
        secret_ages=_limits(stack),
        host=ways.host_of(str(exports["host"]), str(exports["hostKey"])) if exports.get("host") else None,
        account=lambda: DigitalOcean(stack.settings(None)[1]["digitalocean:token"], url=str(apis.url), ca_file=str(apis.ca)),
        releases=lambda: ways.releases_of(str(exports["image"])),
        updates=lambda: [],
        drift=lambda: [],
        ca_file=ways.ca_file,
    )


def _limits(stack: Stack) -> Mapping[str, int]:
    """The usual ones where the config is wrong just now: what runs is shown all the same."""
    try:
        return stack.settings(None)[0].secret_ages
    except WorldError:
        return {}
