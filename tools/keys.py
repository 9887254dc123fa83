"""The table of config keys in the README, made from Pulumi.yaml: `make format` writes it, a test compares it."""

from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
START, END = "<!-- keys: made from Pulumi.yaml by `make format` -->", "<!-- end of keys -->"


def table(project: dict[str, Any]) -> str:
    """Key, type, default and meaning of every flat key."""
    rows = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for key, entry in project["config"].items():
        default = entry["default"]
        shown = "" if default in ("", []) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        rows.append(f"| `{key}` | {entry['type']} | {shown} | {entry['description']} |")
    return "\n".join(rows)


def updated(readme: str) -> str:
    """The README with the table as it should be."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
    return f"{before}{START}\n{table(project)}\n{END}{after}"


if __name__ == "__main__":
    file = CHECKOUT / "README.md"
    file.write_text(updated(file.read_text()))
