"""What docker-bench-security warns of that infra/docker-bench.yaml has no reason for.

On a host, beside the project (https://github.com/docker/docker-bench-security), then here with the JSON that it has written:

    sudo sh docker-bench-security.sh -b -c container_runtime -l bench.log
    .venv/bin/python -m tools.docker_bench bench.log.json
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

MEANT = Path(__file__).resolve().parents[1] / "infra/docker-bench.yaml"


def meant() -> dict[str, dict[str, Any]]:
    """`services` and `reason` by the number of a check."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(MEANT.read_text())
    return found


def unmeant(report: dict[str, Any], *, others: dict[str, str] | None = None) -> list[str]:
    """A line for each warning of section 5 without a reason. `others` are reasons of a place, like a rehearsal, by check."""
    known = meant()
    found = []
    for result in (result for section in report["tests"] if section["id"] == "5" for result in section["results"]):
        if result["result"] != "WARN" or result["id"] in (others or {}):
            continue
        services = known.get(result["id"], {}).get("services", [])
        # Tasks are named SERVICE.NUMBER.ID, and some checks put a port behind that.
        named = {item.partition(".")[0] for item in result.get("items") or []}
        if services != "all" and (not named or not named <= set(services)):
            which = ", ".join(sorted(named - set(services))) or "the engine"
            found.append(f"{result['id']} {result['desc']}: {which}")
    return found


def main(words: list[str] | None = None) -> int:
    """Exit codes: 0 all warnings are meant, 1 some are not."""
    parser = argparse.ArgumentParser(prog="python -m tools.docker_bench", description=__doc__)
    parser.add_argument("report", type=Path, help="the .json that docker-bench-security writes beside its log")
    found = unmeant(json.loads(parser.parse_args(words).report.read_text()))
    print("\n".join(found) or "nothing that has no reason")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
