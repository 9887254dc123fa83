"""`release` and `rollback` of a rehearsed stack: what the pipeline does with a real one."""

import os
import time
from pathlib import Path

from rich.console import Console

from ci.cli import CliError
from ci.events import Tell
from ci.host import Host, HostError
from ci.progress import Progress
from ci.registry_tags import in_digitalocean, tags_of
from ci.release import Release, ReleaseError
from ci.releases import Credentials, Releases
from ci.rollback import target
from ci.thing import CloudError
from rehearsal import sample
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.certificate import bundle
from rehearsal.cli_run import CliRun
from rehearsal.cloud.world import WorldError
from rehearsal.conductor.ledger import Ledger
from rehearsal.conductor.run import Run
from rehearsal.deployment import ConductorDeployment
from rehearsal.images import Images
from rehearsal.stack import Stack
from rehearsal.stackfile import repository
from rehearsal.workspace import Workspace
from rehearsal.world.engine import Engine
from rehearsal.world.registry import push_address


def release(stack: Stack, *, console: Console, image: str | None, overlay: Path | None, acknowledged: bool) -> int:
    """Release an image of this machine, one of the stack's registry by digest, or the sample site as it is now; gives the exit code."""
    values = _running(stack, overlay)
    docker = Engine(str(stack.home.root.parent))
    images = Images(docker, tell=lambda what: console.print(f"  {what}", style="dim", highlight=False), install=lambda _: None)
    if image and "@" in image:
        return run(stack, console=console, image=image, overlay=overlay, acknowledged=acknowledged)
    if image:
        sample.check(image, docker, needs_python=False)
    digest = sample.push(image or sample.build(images), home=stack.home, repository=repository(values))
    return run(stack, console=console, image=digest, overlay=overlay, acknowledged=acknowledged)


def run(stack: Stack, *, console: Console, image: str, overlay: Path | None = None, acknowledged: bool = False) -> int:
    """Release what is in the registry, by digest."""
    if stack.engine == "pulumi":
        _prepare(stack, overlay)
        return Workspace(stack.name, stack.home).ci("up", "--image", image, *(["--acknowledge"] if acknowledged else []))
    with Progress(console) as progress:
        return _conducted(of(stack, progress, overlay), console, image=image, acknowledged=acknowledged, back=False)


def rollback(stack: Stack, *, console: Console, to: str, overlay: Path | None, force: bool) -> int:
    """Go back to the release before, or to the digest `to`; gives the exit code. Raises WorldError."""
    _running(stack, overlay)
    if stack.engine == "pulumi":
        _prepare(stack, overlay)
        return Workspace(stack.name, stack.home).ci("rollback", *(["--to", to] if to else []), *(["--force"] if force else []))
    with Progress(console) as progress:
        found = of(stack, progress, overlay)
        try:
            image = target(found, to)
        except (ReleaseError, CloudError) as error:
            raise WorldError(str(error)) from None
        return _conducted(found, console, image=image, acknowledged=force, back=True)


def of(stack: Stack, tell: Tell, overlay: Path | None = None) -> Release:
    """A stack of the conductor, ready to be released."""
    home, apis, trusted = stack.home, Apis(stack.home), str(bundle(stack.name, stack.home))
    environment = {**os.environ, "SSH_AUTH_SOCK": str(Agent(home).socket)}

    def run_of(image: str) -> Run:
        found = stack.run(image=image, overlay=overlay, url=str(apis.url))
        assert isinstance(found, Run)  # noqa: S101 - for the type checker: it was made with this one
        return found

    def token(image: str) -> str:
        return stack.settings(overlay)[1]["digitalocean:token" if in_digitalocean(image) else "gitlab:token"]

    def releases_of(image: str) -> Releases:
        who = Credentials(name=token(image) if in_digitalocean(image) else "ci", password=token(image))
        keep = stack.settings(overlay)[0].keep_releases
        return Releases(stack.name, image, who, keep=keep, reached_at=push_address("registry"), ca_file=trusted)

    return Release(
        deployment=ConductorDeployment(stack.name, lambda: Ledger(home.ledger(stack.name)), run_of, lambda: stack.settings(overlay)[0]),
        host_of=lambda address, key: Host(address=address, key=key, environment=environment),
        releases_of=releases_of,
        tags_of=lambda repository: tags_of(stack.name, repository, token(repository), url=str(apis.url), ca_file=trusted),
        tell=tell,
        ca_file=trusted,
    )


def _conducted(release: Release, console: Console, *, image: str, acknowledged: bool, back: bool) -> int:
    began = time.monotonic()
    try:
        runs = release.run(image, acknowledged=acknowledged, back=back)
    except (CliError, CloudError, HostError, ReleaseError) as error:
        raise WorldError(str(error)) from None
    console.print(f"[green]✓[/green] {runs} ({time.monotonic() - began:.0f} s)", highlight=False)
    return 0


def _running(stack: Stack, overlay: Path | None) -> dict[str, str]:
    """The stack's config, once it is sure that there is something to release onto."""
    if not stack.exports.get("image"):
        raise WorldError(f"nothing runs on {stack.name} yet; make up STACK={stack.name}")
    return stack.settings(overlay)[1]


def _prepare(stack: Stack, overlay: Path | None) -> None:
    """Bring the workspace's config up to date; what runs stays what it is."""
    found = stack.run(overlay=overlay)
    assert isinstance(found, CliRun)  # noqa: S101 - for the type checker: it was made with this one
    found.prepare()
