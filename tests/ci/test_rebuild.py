"""`rebuild`: what it finds, what it asks the CLI for then, and what it leaves when that fails."""

import tempfile
from pathlib import Path

import pytest
import yaml

from tests.ci.stage import ASSIGNMENT, COMMAND, DROPLET, RUNNING, SERVICE, Stage, droplet, resource, urn

pytestmark = pytest.mark.integration

SERVERS = urn(DROPLET, "servers")
FILE = "encryptionsalt: v1:salt\nconfig:\n  site:domain: staging.example.com\n  site:secretKey:\n    secure: v1:cipher\n"
ON_THE_HOST = {"docker service ls": "beat 0/0\nmail 1/1\n"}


@pytest.fixture
def stage(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stack with a droplet, on which a service runs."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(FILE)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    check = resource(COMMAND, "check", dependencies=[urn(SERVICE, "web"), SERVERS])
    stage.holds(*droplet(1), resource(SERVICE, "web", "w"), check)
    return stage


def test_a_droplet_that_answers_is_replaced_while_it_serves(stage: Stage) -> None:
    ran = stage.ci("rebuild")
    assert ran.code == 0, ran.err
    assert "droplet 1 (203.0.113.10) answers: its files are copied" in ran.out
    [up] = stage.calls("up")
    assert up[:4] == ["--yes", "--skip-preview", "--replace", SERVERS]
    assert up[-1] == "MUST=1", "a droplet that does not answer any more would leave its files behind"


def test_a_droplet_that_does_not_answer_is_replaced_without_its_files(stage: Stage) -> None:
    stage.answer(host=None)
    ran = stage.ci("rebuild")
    assert ran.code == 0, ran.err
    assert "is there, but does not answer: what only its volumes hold is lost" in ran.out
    [up] = stage.calls("up")
    assert up[:4] == ["--yes", "--skip-preview", "--replace", SERVERS]
    assert "MUST=1" not in up


def test_a_droplet_that_is_gone_is_made_again(stage: Stage) -> None:
    stage.answer(cloud={SERVERS: None})
    ran = stage.ci("rebuild")
    assert ran.code == 0, ran.err
    assert "droplet 1 (203.0.113.10) is gone: what only its volumes held is lost" in ran.out
    [up] = stage.calls("up")
    assert "--replace" not in up
    assert "MUST=1" not in up


def test_what_was_on_the_old_host_is_forgotten_before_anything_is_made(stage: Stage) -> None:
    stage.answer(fails="error: quota exceeded")
    stage.ci("rebuild")
    assert not stage.state.of(SERVICE)
    [check] = stage.state.of(COMMAND)
    assert check["dependencies"] == [SERVERS]


def test_what_would_be_taken_off_the_old_host_is_forgotten_too(stage: Stage) -> None:
    """The new droplet may have its address: a key that was let in there would be taken away again."""
    key = resource(COMMAND, "servers-access-ci", inputs={"create": "ssh old add", "delete": "ssh old remove"})
    stage.holds(*droplet(1), key, resource(COMMAND, "check", inputs={"create": "ssh old look"}))
    stage.answer(fails="error: quota exceeded")
    stage.ci("rebuild")
    assert [urn(COMMAND, "check")] == [found["urn"] for found in stage.state.of(COMMAND)]


def test_only_this_run_may_replace_the_droplet(stage: Stage, tmp_path: Path) -> None:
    assert stage.ci("rebuild").code == 0
    asked, own = yaml.safe_load(stage.answers("asked")), yaml.safe_load(FILE)
    assert asked["config"].pop("site:renewServer") is True
    assert asked["config"].pop("site:image") == RUNNING, "a rebuild is no release, and no way back to what the stack file was seeded with"
    assert asked == own, "all else is as the stack file has it, secrets and salt too"
    assert (tmp_path / "Pulumi.staging.yaml").read_text() == FILE
    assert not list((tmp_path / "temporary").iterdir())


def test_a_renewal_that_fails_lets_the_old_droplet_serve_on(stage: Stage, tmp_path: Path) -> None:
    stage.answer(fails="error: quota exceeded", host=ON_THE_HOST)
    ran = stage.ci("rebuild")
    assert ran.code == 1
    assert "error: error: quota exceeded\n" in ran.err
    assert ran.err.endswith("Go on with: python -m ci rebuild --stack staging\n")
    assert [script for [script] in stage.calls("ssh") if "scale" in script] == ["docker service scale beat=1"]
    assert "beat runs again on the old droplet" in ran.out
    assert not list((tmp_path / "temporary").iterdir())


def test_a_renewal_that_fails_after_the_address_moved_starts_nothing_on_the_old_droplet(stage: Stage) -> None:
    """Beat would run twice."""
    stage.holds(*droplet(1), resource(ASSIGNMENT, "address", inputs={"dropletId": 2}))
    stage.answer(fails="error: context deadline exceeded", host=ON_THE_HOST)
    ran = stage.ci("rebuild")
    assert ran.code == 1
    assert ran.err.endswith("The new droplet serves. Go on with: python -m ci rebuild --stack staging\n")
    assert not [script for [script] in stage.calls("ssh") if "scale" in script]


def test_a_renewal_that_fails_says_so_also_where_the_old_droplet_does_not_start_again(stage: Stage) -> None:
    stage.answer(fails="error: quota exceeded", host=ON_THE_HOST | {"docker service scale": 1})
    ran = stage.ci("rebuild")
    assert ran.code == 1
    assert "quota exceeded" in ran.err
    assert "runs again" not in ran.out


@pytest.mark.parametrize("lost", [{"host": None}, {"cloud": {SERVERS: None}}])
def test_a_host_that_is_lost_is_not_asked_to_start_anything(stage: Stage, lost: dict[str, None]) -> None:
    stage.answer(fails="error: quota exceeded", **lost)
    ran = stage.ci("rebuild")
    assert ran.code == 1
    assert "quota exceeded" in ran.err
    assert not [script for [script] in stage.calls("ssh") if "scale" in script]


def test_a_renewal_that_was_begun_goes_on(stage: Stage) -> None:
    """The new droplet is in the state, and the old one waits to be deleted: no third is made."""
    stage.holds(*droplet(2), droplet(1, delete=True)[-1], resource(SERVICE, "web", "w"))
    ran = stage.ci("rebuild")
    assert ran.code == 0, ran.err
    assert "going on: droplet 2 takes the place of 1" in ran.out
    [up] = stage.calls("up")
    assert "--replace" not in up
    assert yaml.safe_load(stage.answers("asked"))["config"]["site:image"] == RUNNING
    assert stage.state.of(SERVICE), "what is on the new host stays in the state"


def test_a_renewal_goes_on_also_where_the_old_droplet_has_gone_meanwhile(stage: Stage) -> None:
    """The provider would wait for it to be unlocked, and fail each time."""
    stage.holds(*droplet(stage.new_droplet()), droplet(1, delete=True)[-1])
    ran = stage.ci("rebuild")
    assert ran.code == 0, ran.err
    assert "takes the place of 1" in ran.out
    assert not stage.state.replaced(DROPLET)
    [up] = stage.calls("up")
    assert "--replace" not in up, "no third is made"


def test_a_stack_without_a_droplet_is_sent_to_up(stage: Stage) -> None:
    stage.holds()
    ran = stage.ci("rebuild")
    assert (ran.code, ran.err) == (1, "error: staging has no droplet in its state; make one with: pulumi up --stack staging\n")
    assert not stage.calls("up")


def test_a_stack_that_was_never_finished_is_sent_to_up(stage: Stage) -> None:
    stage.holds(droplet(1)[-1])
    ran = stage.ci("rebuild")
    assert ran.code == 1
    assert "staging was never finished; go on with: pulumi up --stack staging" in ran.err
    assert not stage.calls("refresh")


def test_what_the_run_does_is_told_with_its_seconds(stage: Stage) -> None:
    metadata = {"op": "create-replacement", "urn": SERVERS, "type": DROPLET, "new": {"custom": True}}
    stage.answer(events=[{"sequence": at, key: {"metadata": metadata}} for at, key in enumerate(("resourcePreEvent", "resOutputsEvent"))])
    ran = stage.ci("rebuild")
    assert "✓ replaced digitalocean Droplet servers (0." in ran.out
    assert "✓ rebuilt in " in ran.out
