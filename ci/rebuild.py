"""`rebuild`: another droplet in place of one that is lost, dead, or to be renewed, and the site on it, in one command.

An ordinary `up` can't: with the droplet gone it takes the containers for unchanged, and a droplet that is there is never replaced by it.
"""

import contextlib
import dataclasses
from enum import StrEnum

from ci.cli import Cli, CliError
from ci.config_file import overlaid
from ci.events import Event, Tell
from ci.host import Host, HostError
from ci.recovery import recover
from ci.state import ASSIGNMENT, DROPLET, Resource, State
from ci.teller import Teller

SERVERS = "servers"
_COMMAND = "command:local:Command"


class RebuildError(Exception):
    """What is the matter, and how to go on."""


class Found(StrEnum):
    """What became of the droplet."""

    ALIVE = "answers: its files are copied, and it serves until the new one is ready"
    DEAD = "is there, but does not answer: what only its volumes hold is lost"
    GONE = "is gone: what only its volumes held is lost"


def rebuild(cli: Cli, tell: Tell) -> Found:
    """Do it, after `recover`. Raises RebuildError, RecoverError or CliError; running it again goes on where it stopped."""
    # Before `recover`, which forgets those of them that are gone.
    begun = State(cli.export()).replaced(DROPLET)
    if undecided := recover(cli, tell, decided={}).undecided:
        raise RebuildError("\n".join(undecided))
    state = State(cli.export())
    droplet = state.find(DROPLET, SERVERS)
    if droplet is None:
        raise RebuildError(f"{cli.stack} has no droplet in its state; make one with: pulumi up --stack {cli.stack}")
    if begun:
        tell(Event(kind="said", message=f"going on: droplet {droplet['id']} takes the place of {', '.join(old['id'] for old in begun)}"))
        for old in state.replaced(DROPLET):
            _scale_singletons(_host(cli, state, old), tell, to=0)
        with overlaid(cli, _running(state)) as file:
            _up(cli, tell, "--config-file", str(file))
        return Found.ALIVE
    found, host = _look(cli, state, droplet)
    tell(Event(kind="said", message=f"droplet {droplet['id']} ({host.address}) {found.value}"))
    # What is on the old host goes with it, whole: it is not taken down piece by piece, but made anew on the new one.
    state = State(cli.export())
    state.drop(_on_the_host)
    cli.replace_state(state.exported)
    replacing = ["--replace", droplet["urn"]] if found is not Found.GONE else []
    strict = dataclasses.replace(cli, environment={**cli.environment, "MUST": "1"}) if found is Found.ALIVE else cli
    try:
        with overlaid(cli, {"site:renewServer": True, **_running(state)}) as file:
            _up(strict, tell, *replacing, "--config-file", str(file))
    except CliError as error:
        serves = ""
        if _moved(cli, droplet):
            serves = "The new droplet serves. "
        elif found is Found.ALIVE:
            _scale_singletons(host, tell, to=1)
            serves = "The old droplet serves. "
        raise RebuildError(f"{error}\n{serves}Go on with: python -m ci rebuild --stack {cli.stack}") from None
    return found


def _moved(cli: Cli, old: Resource) -> bool:
    """Whether the site's address is on another droplet than the old one already."""
    assignments = State(cli.export()).of(ASSIGNMENT)
    return bool(assignments) and all(str(int(found["inputs"]["dropletId"])) != str(old["id"]) for found in assignments)


def _on_the_host(resource: Resource) -> bool:
    """Also a command that takes something off the host in the end: the new one may have got the address of the old."""
    return resource["type"].startswith("docker:") or bool(resource["type"] == _COMMAND and resource["inputs"].get("delete"))


def _running(state: State) -> dict[str, str]:
    """The release that runs stays, whatever the stack file says."""
    image = state.outputs.get("image")
    return {"site:image": image} if image else {}


def _look(cli: Cli, state: State, droplet: Resource) -> tuple[Found, Host]:
    """Ask the cloud, and the host itself."""
    host = _host(cli, state, droplet)
    cli.run("refresh", "--yes", "--skip-preview", "--target", droplet["urn"])
    if State(cli.export()).find(DROPLET, SERVERS) is None:
        return Found.GONE, host
    return (Found.ALIVE if host.answers() else Found.DEAD), host


def _host(cli: Cli, state: State, droplet: Resource) -> Host:
    if "hostKey" not in state.outputs:
        raise RebuildError(f"{cli.stack} was never finished; go on with: pulumi up --stack {cli.stack}")
    return Host(address=droplet["outputs"]["ipv4Address"], key=state.outputs["hostKey"], environment=cli.environment)


def _up(cli: Cli, tell: Tell, *words: str) -> None:
    teller = Teller(tell)
    for raw in cli.stream("up", "--yes", "--skip-preview", *words):
        teller(raw)


def _scale_singletons(host: Host, tell: Tell, *, to: int) -> None:
    """A renewal that failed leaves the old droplet serving: what was stopped on it starts again, and stops when it goes on."""
    with contextlib.suppress(HostError):
        for line in host.run("docker service ls --filter label=site.role=singleton --format '{{.Name}} {{.Replicas}}'").splitlines():
            name, _, replicas = line.partition(" ")
            if replicas.endswith("/0") is (to > 0):
                host.run(f"docker service scale {name}={to}")
                tell(Event(kind="said", message=f"{name} {'runs again' if to else 'stops'} on the old droplet"))
