"""`up`: from nothing, or from where the last run stopped, to a stack whose site answers over HTTPS."""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from ci.progress import Progress
from infra.broker import IMAGES as BROKERS
from infra.settings import Settings
from policy.violation import Violation, explain, refused
from rehearsal import machine, sample
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.certificate import fetch
from rehearsal.cloud.world import WorldError
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.step import Op
from rehearsal.home import CHECKOUT, Home
from rehearsal.images import Images
from rehearsal.site import ANSWER_LIMIT, answer
from rehearsal.stack import Stack
from rehearsal.stackfile import repository
from rehearsal.workspace import Workspace
from rehearsal.world.engine import Engine

_BY = {"pulumi": "the Pulumi CLI", "conductor": "the conductor (a real environment uses the Pulumi CLI)"}


def up(
    name: str, *, home: Home, console: Console, image: str | None, overlay: Path | None, engine: str | None, faults: list[dict[str, Any]]
) -> Outcome:
    """Make the stack. `image` is one of this machine's; without it the sample site is built, or what it was built from is kept."""
    stack, agent, apis = Stack(name, home), Agent(home), Apis(home)
    settings, values = stack.settings(overlay)
    chosen = stack.choose(engine)
    machine.prepare(console)
    docker = Engine(str(home.root.parent))
    if image:
        sample.check(image, docker, needs_python=not settings.processes[settings.web].health_command)
    machine.has_room(docker)
    with _said(console, "images"):
        images = Images(
            docker,
            tell=lambda what: console.print(f"  {what}", style="dim", highlight=False),
            install=lambda packages: machine.install(packages, console),
        )
        images.own()
        built = image or sample.build(images)
    with _said(console, "the cloud's APIs, registries, DNS and the front"):
        agent.start()
        url = apis.start()
    with _said(console, "images into the registries"), ThreadPoolExecutor() as pool:
        pushed = pool.submit(images.others, _others(settings))
        digest = sample.push(built, home=home, repository=repository(values))
        pushed.result()
    console.print(f"[bold]{name}[/bold]: the program, run by {_BY[chosen]}")
    stack.begin(chosen)
    apis.fault(faults)
    workspace = Workspace(name, home)
    if chosen == "pulumi" and workspace.interrupted and workspace.ci("recover") == 3:
        raise WorldError(f"decide first, as it says above, in {workspace.folder.relative_to(CHECKOUT)}")
    run = stack.run(image=digest, overlay=overlay, url=url)
    with _said(console, "the policy"):
        obey(run.preview().violations, console)
    with Progress(console) as progress:
        outcome = run.up(progress)
    changed = any(step.op is not Op.SAME for step in outcome.steps)
    if settings.deploy_site and (changed or not home.certificate(name).exists()):
        with _said(console, f"an answer from {stack.url}"):
            wait_for_answer(stack)
    return outcome


def obey(violations: list[Violation], console: Console) -> None:
    """Say what is allowed against the policy. Raises WorldError for the rest."""
    for violation in violations:
        if violation.allowed:
            console.print("[yellow]![/yellow]", escape(f"{violation} (allowed: {violation.allowed})"), highlight=False)
    if stopping := refused(violations):
        raise WorldError(explain(stopping))


def _others(settings: Settings) -> list[str]:
    """The images that are not the site's own."""
    broker = [settings.broker_image or BROKERS[settings.broker]] if settings.broker != "none" else []
    return [settings.proxy_image, settings.database_client_image, *broker]


def wait_for_answer(stack: Stack) -> None:
    """Until the site answers over HTTPS, and its certificate is known. Raises WorldError after ANSWER_LIMIT seconds."""
    deadline = time.monotonic() + ANSWER_LIMIT
    while True:
        try:
            fetch(stack.name, stack.home)
            said = answer(stack, "/")
        except (WorldError, OSError) as error:
            said = str(error)
        else:
            if said.startswith(("2", "3", "401")):
                return
        if time.monotonic() > deadline:
            raise WorldError(f"{stack.url} did not answer within {ANSWER_LIMIT} s, last: {said}; look with: make logs STACK={stack.name}")
        time.sleep(0.5)


@contextlib.contextmanager
def _said(console: Console, what: str) -> Iterator[None]:
    """Say what took how long."""
    started = time.monotonic()
    with console.status(what) if console.is_terminal else contextlib.nullcontext():
        yield
    console.print(f"[green]✓[/green] {what} ({time.monotonic() - started:.1f} s)", highlight=False)
