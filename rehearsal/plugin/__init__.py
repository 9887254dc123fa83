"""A stand-in for Pulumi's plugin `gitlab`: the real CLI speaks to it where the real plugin is not installed. For rehearsals only."""

import shlex
import sys
from pathlib import Path

from rehearsal.home import CHECKOUT


def install(folder: Path) -> None:
    """Write the executable that the Pulumi CLI starts where `plugins.providers` of a Pulumi.yaml says `path: FOLDER`."""
    folder.mkdir(parents=True, exist_ok=True)
    executable = folder / "pulumi-resource-gitlab"
    checkout, python = shlex.quote(str(CHECKOUT)), shlex.quote(sys.executable)
    # -P: the CLI starts it in the program's folder, whose modules are not this checkout's.
    executable.write_text(f'#!/bin/sh\nPYTHONPATH={checkout} exec {python} -P -m rehearsal.plugin "$@"\n')
    executable.chmod(0o755)
