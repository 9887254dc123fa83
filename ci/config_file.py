"""Stack files: what they say, and one with other values for one run."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ci.cli import Cli


def declared(folder: Path) -> dict[str, Any]:
    """The flat keys of the folder's Pulumi.yaml with their defaults, as `site:key`. The CLI merges them the same way."""
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    return {f"{project['name']}:{key}": entry["default"] for key, entry in project["config"].items()}


def read(file: Path) -> dict[str, Any]:
    """The `config:` part of a stack file, or of an overlay."""
    content = yaml.safe_load(file.read_text()) or {}
    return dict(content.get("config") or {})


def of(cli: Cli) -> dict[str, Any]:
    """What a stack's file says, over the defaults; secrets encrypted."""
    return declared(cli.folder) | read(cli.folder / f"Pulumi.{cli.stack}.yaml")


@contextlib.contextmanager
def overlaid(cli: Cli, values: Mapping[str, Any]) -> Iterator[Path]:
    """A copy of the stack's file with these keys (`site:image` …) set, for `--config-file`: `--config` would write into the file itself."""
    original = cli.folder / f"Pulumi.{cli.stack}.yaml"
    folder = Path(tempfile.mkdtemp())
    try:
        content = yaml.safe_load(original.read_text())
        content["config"] |= values
        copy = folder / original.name
        copy.write_text(yaml.safe_dump(content))
        yield copy
    finally:
        shutil.rmtree(folder)
