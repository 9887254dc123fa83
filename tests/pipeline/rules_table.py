"""The jobs that events bring, as a table in Markdown. `python -m tests.pipeline.rules_table` prints the app's."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.pipeline.events import Event
from tests.pipeline.gitlab_ci_local import Project


def table(project: Project, events: Mapping[str, Event]) -> str:
    """A line for each event, by name, and a column for each stage; evaluated, not read."""
    stages: list[str] = project.config["stages"]
    shown = [stage for stage in stages if not stage.startswith(".")]
    lines = ["| event | " + " | ".join(shown) + " |", "| --- " * (len(shown) + 1) + "|"]
    for name, event in events.items():
        jobs = project.jobs(event)
        cells = [
            ", ".join(f"{job.name} (by hand)" if job.when == "manual" else job.name for job in jobs if job.stage == stage)
            for stage in shown
        ]
        lines.append(f"| {name} | " + " | ".join(cell or "-" for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    from tests.pipeline.app import app
    from tests.pipeline.test_app_rules import EVENTS

    with tempfile.TemporaryDirectory() as folder:
        print(table(app(Path(folder)), {name: event for name, (event, _) in EVENTS.items()}))
