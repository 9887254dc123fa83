"""What a run shows while it goes on."""

import io
import re

from rich.console import Console

from ci.events import Event
from ci.progress import Progress

VPC = "digitalocean:index/vpc:Vpc"


def shown(*events: Event) -> list[str]:
    screen = io.StringIO()
    with Progress(Console(file=screen, width=20, color_system=None)) as progress:
        for event in events:
            progress(event)
    return screen.getvalue().splitlines()


def test_a_log_has_a_line_with_the_time_for_each_effect_however_narrow_it_is() -> None:
    [line] = shown(
        Event(kind="started", op="create", type=VPC, name="network", urn="u"),
        Event(kind="finished", op="create", type=VPC, name="network", urn="u", seconds=1.23),
    )

    assert re.fullmatch(r"\d\d:\d\d:\d\d ✓ created digitalocean Vpc network \(1\.2 s\)", line)


def test_a_failure_is_told_in_its_own_words() -> None:
    [line] = shown(Event(kind="failed", op="create", type=VPC, name="network", urn="u", message="Vpc network: create failed: [quota]"))

    assert line.endswith("✗ Vpc network: create failed: [quota]")


def test_a_terminal_shows_what_runs_now() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=80, force_terminal=True, color_system=None)

    with Progress(console) as progress:
        progress(Event(kind="started", op="create", type=VPC, name="network", urn="u"))

    assert "create digitalocean Vpc network" in screen.getvalue()
