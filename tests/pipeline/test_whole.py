"""From a commit of the app to the running site: the pipeline's digest is released in a rehearsal, as the other project would."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.apis import PUSHER
from rehearsal.conductor.ledger import Ledger
from rehearsal.home import Home
from rehearsal.world.registry import push_address
from tests.pipeline.events import branch
from tests.pipeline.running import Runner
from tests.pipeline.stand_ins import Advisories
from tests.rehearsal.rehearsing import Visitor, rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]


@pytest.fixture
def repository() -> Iterator[str]:
    """What a rehearsed staging site runs, by its repository; the site ends with the test."""
    if Home().stacks():
        pytest.fail("a rehearsal is on this machine, and this test would take it down; end it first: make down")
    done = rehearse("up")
    assert done.returncode == 0, done.stdout + done.stderr
    yield str(Ledger(Home().ledger("staging")).exports["image"]).partition("@")[0]
    rehearse("down")


def test_a_commit_of_the_app_is_what_the_site_answers_with(repository: str, advisories: Advisories, tmp_path: Path) -> None:
    runner = Runner(
        repository=f"{push_address('registry')}/{repository.partition('/')[2]}",
        advisories=advisories,
        username=PUSHER,
        password=Home().generated("cloud", "push"),
    )
    done = runner.run(runner.app(tmp_path), branch("main"))
    assert done.exit_code == 0, done.log[-3000:]
    digest = (done.artifacts / "build" / "image.env").read_text().strip().partition("@")[2]

    released = rehearse("release", "--image", f"{repository}@{digest}")
    assert released.returncode == 0, released.stdout + released.stderr
    with Visitor() as visitor:
        assert visitor.see("/healthz").json() == {"status": "ok", "release": digest}
