"""Shows a run while it goes on: what runs now with its seconds on a terminal, one line an event elsewhere."""

import threading
import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from ci.events import Event

_DONE = {"create": "created", "find": "looked for an unfinished", "update": "updated", "replace": "replaced", "delete": "deleted"}


class Progress:
    """Pass it as `on_event`, inside `with`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: dict[str, tuple[Event, float]] = {}
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._table, console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if event.kind == "started":
                self._running[event.urn] = (event, time.monotonic())
            elif event.kind != "said":
                self._running.pop(event.urn, None)
        if line := _line(event):
            clock = "" if self._console.is_terminal else f"[dim]{time.strftime('%H:%M:%S')}[/dim] "
            self._console.print(clock + line, highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        with self._lock:
            running = list(self._running.values())
        for event, since in running:
            table.add_row(
                Spinner("dots"), f"{event.op} {short(event.type)} [bold]{escape(event.name)}[/bold]", f"{time.monotonic() - since:.0f} s"
            )
        return table


def short(type: str) -> str:
    """`digitalocean:index/vpc:Vpc` as people say it: `digitalocean Vpc`."""
    package, _, rest = type.partition(":")
    return f"{package} {rest.rpartition(':')[2]}" if package != "pulumi" else f"{rest.rpartition(':')[2]} Provider"


def _line(event: Event) -> str:
    match event.kind:
        case "finished":
            return f"[green]✓[/green] {_DONE[event.op]} {short(event.type)} [bold]{escape(event.name)}[/bold] ({event.seconds:.1f} s)"
        case "failed":
            return f"[red]✗[/red] {escape(event.message)}"
        case "said":
            return escape(event.message)
        case _:
            return ""
