"""`python -m examples.wagtail.build FOLDER`: start a Wagtail project there, add what its deployment needs, and build its image.

A folder that is there already is a project that was started before: it stays as it is, and only the image is built anew.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from rehearsal import machine
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT
from rehearsal.images import Images
from rehearsal.world.engine import Engine

IMAGE = "wagtail/site"
HERE = Path(__file__).parent
ADDED = {
    "deploy.py": "mysite/settings/deploy.py",
    "deploy_urls.py": "mysite/deploy_urls.py",
    "entrypoint": "entrypoint",
    "requirements.txt": "requirements.txt",
    "Dockerfile": "Dockerfile",
}
"""What the deployment needs, and where in the project it goes."""


def main() -> int:
    """Exit codes: 0 done, 1 failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m examples.wagtail.build", description="Start a Wagtail project and build its image.")
    parser.add_argument("folder", type=Path, help="where the project is, or will be")
    folder: Path = parser.parse_args().folder
    try:
        if not folder.exists():
            print(start(folder))
        build(folder)
    except (WorldError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{IMAGE} is built; run it: make up IMAGE={IMAGE} CONFIG=examples/wagtail/overlay.yaml")
    return 0


def start(folder: Path) -> str:
    """`wagtail start mysite` by the locked Wagtail, in a virtual environment of its own. Gives the diff of what is added to it."""
    locked = re.search(r"^wagtail==[\w.]+", (HERE / "requirements.txt").read_text(), re.MULTILINE)
    assert locked  # noqa: S101 - the file is ours
    with tempfile.TemporaryDirectory() as scratch:
        untouched = Path(scratch, "mysite")
        untouched.mkdir()
        subprocess.run([sys.executable, "-m", "venv", f"{scratch}/venv"], check=True)
        subprocess.run([f"{scratch}/venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", locked[0]], check=True)
        subprocess.run([f"{scratch}/venv/bin/wagtail", "start", "mysite", str(untouched)], check=True)
        shutil.copytree(untouched, folder)
        for name, place in ADDED.items():
            shutil.copy(HERE / name, folder / place)
        diff = subprocess.run(
            ["diff", "--recursive", "--new-file", "--unified", untouched.name, str(folder.resolve())],
            cwd=scratch,
            capture_output=True,
            text=True,
        )
    return "".join(line for line in diff.stdout.splitlines(keepends=True) if "--hash=" not in line)


def build(folder: Path) -> None:
    """Build the image on the base that all images of a rehearsal have."""
    console = Console(soft_wrap=True)
    machine.prepare(console)
    Images(Engine(str(CHECKOUT)), print, lambda packages: machine.install(packages, console)).build(IMAGE, folder)


if __name__ == "__main__":
    sys.exit(main())
