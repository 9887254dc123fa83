"""The stack file with other values, for one run."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ci.cli import Cli


@contextlib.contextmanager
def overlaid(cli: Cli, values: Mapping[str, Any]) -> Iterator[Path]:
    """A copy with these keys of the program (`image`, …) set, for `--config-file`. The CLI would write `--config` into the real one."""
    original = cli.folder / f"Pulumi.{cli.stack}.yaml"
    folder = Path(tempfile.mkdtemp())
    try:
        content = yaml.safe_load(original.read_text())
        project = yaml.safe_load((cli.folder / "Pulumi.yaml").read_text())["name"]
        content["config"] |= {f"{project}:{key}": value for key, value in values.items()}
        copy = folder / original.name
        copy.write_text(yaml.safe_dump(content))
        yield copy
    finally:
        shutil.rmtree(folder)
