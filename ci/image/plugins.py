"""Installs the plugins that the installed Pulumi packages name, in exactly their versions."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path


def plugins() -> Iterator[tuple[str, str]]:
    """Name and version of each, as pulumi-plugin.json in the package says it."""
    for package in sorted({found.metadata["Name"].replace("-", "_") for found in distributions()}):
        spec = importlib.util.find_spec(package) if package.startswith("pulumi_") else None
        for folder in (spec.submodule_search_locations or []) if spec else []:
            told = Path(folder) / "pulumi-plugin.json"
            if told.exists() and (plugin := json.loads(told.read_text())).get("resource"):
                yield plugin["name"], plugin["version"]


def main() -> int:
    """Exit code of the first installation that fails, else 0."""
    for name, version in plugins():
        print(f"{name} {version}", flush=True)
        if code := subprocess.run(["pulumi", "plugin", "install", "resource", name, version]).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
