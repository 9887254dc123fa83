"""`down`: takes away all that an `up` made, also one that was killed in the middle; what is only cached stays."""

import shutil

from rich.console import Console

from ci.progress import Progress
from rehearsal.agent import Agent
from rehearsal.apis import Apis
from rehearsal.home import Home
from rehearsal.machine import docker_answers
from rehearsal.runs import end_orphans
from rehearsal.stack import Stack
from rehearsal.world.engine import Engine
from rehearsal.world.registry import HOSTS, push_address


def down(names: list[str], *, home: Home, console: Console) -> None:
    """Take these stacks down; with the last one goes the cloud itself, and whatever carries the rehearsal's label."""
    end_orphans(home)
    last = set(home.stacks()) <= set(names)
    for name in [name for name in names if home.engine(name).exists()]:
        if last:
            console.print(f"[bold]{name}[/bold] goes with its cloud", highlight=False)
        else:
            with Progress(console) as progress:
                Stack(name, home).run(url=Apis(home).start()).down(progress)
        shutil.rmtree(home.stack(name))
    if not last:
        return
    Apis(home).stop()
    Agent(home).stop()
    gone = Engine(str(home.root.parent)).sweep() if docker_answers() is None else []
    shutil.rmtree(home.sockets, ignore_errors=True)
    shutil.rmtree(home.root, ignore_errors=True)
    console.print(f"[green]✓[/green] removed {len(gone)} containers, networks and volumes, and {home.root.name}/", highlight=False)
    console.print("Kept, because only cached: .venv, images named rehearsal/…, and Docker itself. `make clean` takes those that are ours.")


def clean(*, home: Home, console: Console) -> None:
    """Take down everything, and the images that were built for it."""
    if docker_answers() is not None:
        return
    engine = Engine(str(home.root.parent))
    down(home.stacks(), home=home, console=console)
    ours = ("rehearsal/", *(f"{push_address(registry)}/" for registry in HOSTS))
    names = [tag for image in engine.client.images.list() for tag in image.tags if tag.startswith(ours)]
    for name in names:
        engine.client.images.remove(name, force=True)
    console.print(f"[green]✓[/green] removed {len(names)} images", highlight=False)
