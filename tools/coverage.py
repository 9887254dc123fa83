"""The table of what the stand-ins answer and who has asked for it, rehearsal/cloud/COVERAGE.md: made from recorded calls.

Where REHEARSAL_CALLS names a folder, each stand-in leaves there what it was asked when it ends. This adds it to the table:

    REHEARSAL_CALLS=.coverage-calls .venv/bin/pytest tests/cloud tests/conductor
    .venv/bin/python -m tools.coverage .coverage-calls

What the table says already is kept, because no machine has all clients; without the file the table begins anew.
"""

import argparse
import json
from pathlib import Path

from rehearsal.cloud.app import create_app
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import NullWorld

TABLE = Path(__file__).resolve().parents[1] / "rehearsal/cloud/COVERAGE.md"
COLUMNS = {
    "openapi-core": "valid by OpenAPI",
    "pydo": "pydo",
    "python-gitlab": "python-gitlab",
    "provider": "real provider",
    "other": "others",
}
"""Clients as the calls have them, and the heads of their columns."""
INTRODUCTION = """\
# What the stand-ins answer

Each operation, and which clients have been answered with success by it. *Valid by OpenAPI*: replies were compared with
DigitalOcean's published document, which has the operation; GitLab's are not. *pydo* is the conductor's client for DigitalOcean,
*python-gitlab* for GitLab, the *real provider* is the one that the Pulumi CLI uses, *others* are plain HTTP clients. Made by
`python -m tools.coverage` from recorded calls.
"""

Seen = dict[str, set[str]]
"""The clients by operation."""


def operations() -> list[str]:
    """All that the stand-ins answer, as `GET /v2/vpcs/{id}`."""
    return create_app(Store(Path("unused")), NullWorld(), token="", gitlab_token="").calls.operations()


def read(table: str) -> Seen:
    """What a table says."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): {client for client, cell in zip(COLUMNS, row[1:], strict=True) if cell == "yes"} for row in rows}


def recorded(folder: Path) -> Seen:
    """What the files in a folder say."""
    seen: Seen = {}
    for file in folder.glob("*.json"):
        for call in json.loads(file.read_text())["calls"]:
            if call["status"] == "2xx":
                seen.setdefault(call["operation"], set()).add(call["client"])
    return seen


def table(seen: Seen) -> str:
    """The whole file: a row for each operation, and none for what is answered no more."""
    rows = [["operation", *COLUMNS.values()], ["---"] * (1 + len(COLUMNS))]
    for operation in operations():
        rows.append([f"`{operation}`", *("yes" if client in seen.get(operation, ()) else "" for client in COLUMNS)])
    return INTRODUCTION + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Add recorded calls to rehearsal/cloud/COVERAGE.md.")
    parser.add_argument("folder", type=Path, help="where the stand-ins left what they were asked, the value of REHEARSAL_CALLS")
    seen = recorded(parser.parse_args().folder)
    for operation, clients in read(TABLE.read_text() if TABLE.exists() else "").items():
        seen.setdefault(operation, set()).update(clients)
    TABLE.write_text(table(seen))


if __name__ == "__main__":
    main()
