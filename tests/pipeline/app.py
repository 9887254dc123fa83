"""The sample site as a project of its own, with the pipeline that its `.gitlab-ci.yml` includes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from rehearsal.home import CHECKOUT
from tests.pipeline.events import PROJECT
from tests.pipeline.gitlab_ci_local import Project

PIPELINE = CHECKOUT / "ci" / "django.gitlab-ci.yml"
Change = Callable[[Path], object]


def app(folder: Path, *, change: Change | None = None, **inputs: Any) -> Project:
    """A copy of the sample in an empty folder, changed by `change`; `inputs` come over those of its `.gitlab-ci.yml` (`_` is `-`)."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "staticfiles", "media", ".coverage")
    shutil.copytree(CHECKOUT / "sample", folder, dirs_exist_ok=True, ignore=ignored)
    config = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())
    (include,) = config["include"]
    # The file of another project is not to be had here: it is part of this one.
    (folder / "ci").mkdir()
    shutil.copy(PIPELINE, folder / "ci")
    given = include["inputs"] | {name.replace("_", "-"): value for name, value in inputs.items()}
    (folder / ".gitlab-ci.yml").write_text(yaml.safe_dump({"include": [{"local": include["file"], "inputs": given}]}))
    if change:
        change(folder)
    return Project(folder, path=PROJECT)
