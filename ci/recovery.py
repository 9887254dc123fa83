"""`recover`: what a killed run has left behind, put right where that is safe, and named with the exact command where it is not.

Pulumi writes down what it is about to do, so that after a `kill -9` each operation that had begun is known ("pending"). An `up` only
warns of it and makes the thing again: a second droplet. Here each one is looked up first.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ci.cli import Cli, CliError
from ci.cloud import Cloud
from ci.events import Event, Tell
from ci.host import Host
from ci.leftovers import Leftovers
from ci.lock import holders
from ci.state import DROPLET, Resource, State, name_of
from ci.thing import Thing

READY_LIMIT = 1800
"""Seconds that something which had begun has to be ready: a database takes long."""


class RecoverError(Exception):
    """What is the matter, and how to go on."""


@dataclass
class Report:
    """What was found, in people's words."""

    done: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    """What a person has to decide before the next `up`, with the commands."""
    orphans: list[str] = field(default_factory=list)
    """What nobody owns and somebody may pay for, with the commands. An `up` does not mind it."""


def recover(cli: Cli, tell: Tell, *, decided: Mapping[str, str]) -> Report:
    """Do it. `decided` says of pending operations, by URN, which id is theirs; an empty one: none is.

    Raises RecoverError where somebody else holds the lock or something does not get ready; doing it again goes on.
    """
    report = Report()
    try:
        cli.export()
    except CliError as error:
        if "no stack named" in str(error):
            return report
        raise
    # Only now: asking for the lock of a stack that is not there would make it.
    _release(cli, tell, report)
    state = State(cli.export())
    cloud = Cloud.of(cli, state)
    host = _host(cli, state)
    leftovers = Leftovers(cli.stack, host)
    leftovers.wait(tell)
    if unknown := decided.keys() - {operation["resource"]["urn"] for operation in state.pending}:
        raise RecoverError(f"--adopt {', '.join(sorted(unknown))}: no operation on it had begun")
    refreshed = _settle(state, cloud, leftovers, decided, report, tell)
    if report.undecided:
        return report
    forgotten = _forget_gone(state, cloud, report)
    if refreshed or state.pending or forgotten:
        state.exported["deployment"].pop("pending_operations", None)
        cli.replace_state(state.exported)
    if refreshed:
        cli.run("refresh", "--yes", "--skip-preview", *(word for urn in refreshed for word in ("--target", urn)))
    for thing in cloud.orphans(State(cli.export())):
        report.orphans.append(f"{thing.kind} {thing.name or thing.id} is in no state: {_command(cli)} --delete {thing.kind}/{thing.id}")
    return report


def delete_orphan(cli: Cli, kind: str, id: str) -> None:
    """Delete a thing that is in no state. Raises RecoverError for anything else, another stack's above all."""
    if held := holders(cli):
        raise RecoverError(f"--delete {kind}/{id}: {cli.stack} is locked by {' and '.join(map(str, held))}; `{_command(cli)}` comes first")
    state = State(cli.export())
    cloud = Cloud.of(cli, state)
    thing = cloud.unowned(kind, id, state)
    if thing is None:
        raise RecoverError(f"--delete {kind}/{id}: no orphan of {cli.stack} is called so; `{_command(cli)}` names those that there are")
    cloud.delete(thing)


def _release(cli: Cli, tell: Tell, report: Report) -> None:
    """Take away the lock of an owner that is gone."""
    locks = holders(cli)
    if not locks:
        return
    if held := [lock for lock in locks if not lock.gone]:
        raise RecoverError(
            f"{cli.stack} is locked by {' and '.join(map(str, held))}, and nothing here shows that it has ended: wait for it."
            f" If you know that it has: pulumi cancel --yes --stack {cli.stack}"
        )
    cli.run("cancel", "--yes")
    tell(Event(kind="said", message=f"released the lock of {locks[0]}, who is gone"))
    report.done.append(f"released the lock of {locks[0]}")


def _settle(state: State, cloud: Cloud, leftovers: Leftovers, decided: Mapping[str, str], report: Report, tell: Tell) -> list[str]:
    """Decide every pending operation, and edit the state; gives the URNs whose outputs the cloud has to tell."""
    # What a recovery that was itself killed has taken in: it knows no more of it than what it was asked for with.
    asked = [found["urn"] for found in state.resources if cloud.holds(found["type"]) and found.get("outputs") == found.get("inputs")]
    for operation in state.pending:
        resource, begun = operation["resource"], operation["type"]
        urn, type = resource["urn"], resource["type"]
        what = f"{type.rpartition(':')[2]} {name_of(resource)}"
        if begun in ("updating", "deleting"):
            if state.live(urn) and not type.startswith("command:"):
                asked.append(urn)
            report.done.append(f"{what}: was {begun}; looked at what is there")
        elif begun != "creating":
            report.done.append(f"{what}: was {begun}; nothing to mend")
        elif type.startswith("docker:"):
            report.done.append(f"{what}: {leftovers.remove(type, resource['inputs'])}")
        elif urn in decided:
            if decided[urn]:
                asked.append(_adopt(state, resource, decided[urn]))
            report.done.append(f"{what}: {decided[urn] or 'nothing'} is it, as you said")
        elif not cloud.holds(type):
            report.done.append(f"{what}: is made anew")
        else:
            _look_up(state, resource, what, cloud, asked, report, tell)
    return sorted({*asked})


def _forget_gone(state: State, cloud: Cloud, report: Report) -> bool:
    """A droplet that was replaced, and whose deletion came through after it was called failed: the provider fails on it for ever
    ("waiting for droplet to be unlocked for destroy: unexpected state 'Not Found'")."""
    waiting = state.replaced(DROPLET)
    there = {thing.id for thing in cloud.digitalocean.things(DROPLET)} if waiting else set()
    gone = [old for old in waiting if str(old["id"]) not in there]
    for old in gone:
        state.forget(old)
        report.done.append(f"Droplet {name_of(old)}: {old['id']}, which was replaced, is gone already")
    return bool(gone)


def _look_up(state: State, resource: dict[str, Any], what: str, cloud: Cloud, asked: list[str], report: Report, tell: Tell) -> None:
    """What became of a creation that had begun."""
    found = cloud.find(resource["type"], resource["inputs"], state)
    live = state.live(resource["urn"])
    if not found:
        report.done.append(f"{what}: had not come into being")
    elif live and not live.get("pendingReplacement") and not cloud.told_once(resource["type"]):
        # Half of a replacement, or of a run before the one that made what serves now: never a reason to give that up.
        report.done.append(f"{what}: {', '.join(thing.id for thing in found)} came into being beside {live['id']}, which stays")
    elif cloud.nameless(resource["type"]):
        recover = f"python -m ci recover --stack {cloud.stack}"
        choices = [f"{recover} --adopt '{resource['urn']}={thing.id}'" for thing in found]
        report.undecided.append(
            f"{what}: it has no name to be known by, and {len(found)} that nobody uses could be it:"
            + "".join(f"\n  {choice}" for choice in choices)
            + f"\n  or none of them: {recover} --adopt '{resource['urn']}='"
        )
    elif cloud.told_once(resource["type"]):
        for thing in found:
            cloud.delete(thing)
        report.done.append(f"{what}: had come into being, but its secret was told only once; deleted, to be made anew")
    else:
        thing = _wait(cloud, resource, found[0], state, tell)
        asked.append(_adopt(state, resource, thing.id))
        report.done.append(f"{what}: had come into being as {thing.id}; taken into the state")


def _adopt(state: State, resource: dict[str, Any], id: str) -> str:
    """Put it into the state with what it was asked for; the one that it replaces waits to be deleted. Gives its URN."""
    state.add({**resource, "id": id, "outputs": resource["inputs"]})
    return str(resource["urn"])


def _wait(cloud: Cloud, resource: dict[str, Any], thing: Thing, state: State, tell: Tell) -> Thing:
    deadline = time.monotonic() + READY_LIMIT
    while not thing.ready:
        if time.monotonic() > deadline:
            raise RecoverError(f"{thing.kind} {thing.id} is not ready after {READY_LIMIT} s; look at it in the control panel")
        tell(Event(kind="started", op="find", type=thing.type, name=thing.name, urn=resource["urn"]))
        time.sleep(2)
        thing = next((found for found in cloud.find(resource["type"], resource["inputs"], state) if found.id == thing.id), thing)
    tell(Event(kind="said", urn=resource["urn"], message=f"{thing.kind} {thing.name} is there ({thing.id})"))
    return thing


def _host(cli: Cli, state: State) -> Host | None:
    """The droplet, where there is one that answers."""
    outputs = state.outputs
    droplet = next(iter(state.of("digitalocean:index/droplet:Droplet")), None)
    key = max(filter(_is_host_key, state.of("tls:index/privateKey:PrivateKey")), key=_generation, default=None)
    address = (droplet or {}).get("outputs", {}).get("ipv4Address") or outputs.get("host")
    if not address or key is None:
        return None
    host = Host(address=address, key=key["outputs"]["publicKeyOpenssh"].strip(), environment=cli.environment)
    return host if host.answers() else None


def _is_host_key(resource: Resource) -> bool:
    return re.fullmatch(r"servers-host(-\d+)?", name_of(resource)) is not None


def _generation(resource: Resource) -> int:
    return int(name_of(resource).removeprefix("servers-host").removeprefix("-") or 1)


def _command(cli: Cli) -> str:
    return f"python -m ci recover --stack {cli.stack}"
