"""What pipelines need of this machine; where it is not there, their tests are skipped and say why."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from rehearsal import machine
from rehearsal.cloud.world import WorldError
from tests.pipeline import gitlab_ci_local, stand_ins
from tests.pipeline.events import PROJECT
from tests.pipeline.running import Runner


@pytest.fixture(scope="session", autouse=True)
def program() -> None:
    """gitlab-ci-local."""
    if reason := gitlab_ci_local.missing():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def advisories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stand_ins.Advisories]:
    """The service that knows vulnerabilities, beside the images that pipelines run on."""
    try:
        machine.prepare(Console())
    except WorldError as error:
        pytest.skip(f"Docker can't be had here: {error}")
    with stand_ins.images(tmp_path_factory.mktemp("images")), stand_ins.Advisories() as service:
        yield service


@pytest.fixture(scope="session")
def runner(advisories: stand_ins.Advisories, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """This machine with a registry of its own; nothing of it is left."""
    with stand_ins.registry(tmp_path_factory.mktemp("registry")) as address:
        yield Runner(repository=f"{address}/{PROJECT}", advisories=advisories)
