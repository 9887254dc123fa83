"""Promotion: production gets what staging has run healthily for long enough."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ci import promotion
from ci.cli import Cli
from ci.promotion import PromotionError, proven
from tests.ci.calling import call
from tests.ci.stage import HOST_KEY, RUNNING, Stage, resource
from tests.ci.test_front_door import NAME, Site, site  # noqa: F401 - a fixture

pytestmark = pytest.mark.integration
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
OTHER = RUNNING.replace("a" * 64, "c" * 64)
DIGEST = RUNNING.partition("@")[2]


def update(image: str, minutes: int, *, result: str = "succeeded", kind: str = "update", took: int = 1, **config: str) -> dict[str, Any]:
    """One that began so many minutes ago, as `pulumi stack history --json` has it (3.260)."""
    begin = NOW - timedelta(minutes=minutes)
    entries = {"site:image": {"value": image, "secret": False}, "gitlab:token": {"secret": True}}
    return {
        "version": 0,
        "kind": kind,
        "result": result,
        "startTime": f"{begin:%Y-%m-%dT%H:%M:%S}.000Z",
        "endTime": f"{begin + timedelta(minutes=took):%Y-%m-%dT%H:%M:%S}.000Z",
        "config": entries | {f"site:{key}": {"value": value, "secret": False} for key, value in config.items()},
    }


@pytest.fixture
def door(site: Site, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:  # noqa: F811 - the fixture
    """Staging as visitors see it; it runs RUNNING."""
    monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_file))
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {promotionMinutes: {default: 0}}\n")
    for stack in ("staging", "production"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {site:promotionMinutes: 30}\n")
    runs(stage, RUNNING)
    return site


def runs(stage: Stage, image: str, *history: dict[str, Any]) -> None:
    """What staging runs, and its updates, the oldest first."""
    outputs = {"image": image, "health": f"https://{NAME}/healthz", "address": "127.0.0.1", "hostKey": HOST_KEY}
    stage.holds(resource("pulumi:pulumi:Stack", "site-staging", outputs=outputs))
    stage.answer(history=list(reversed(history)))


def proof(image: str = RUNNING, minutes: int = 30) -> str:
    return proven(Cli(stack="production"), image, minutes=minutes, now=NOW)


def refused(image: str = RUNNING) -> str:
    with pytest.raises(PromotionError) as caught:
        proof(image)
    assert str(caught.value).endswith(f"\nPromote it all the same: python -m ci up --stack production --image {image} --unproven")
    return str(caught.value)


def test_what_staging_has_run_for_long_enough_and_still_answers_with_is_proved(stage: Stage, door: Site) -> None:
    door.answers = [(200, f"release {DIGEST}")]
    runs(stage, RUNNING, update(OTHER, 300), update(RUNNING, 46))
    assert proof() == f"staging has run {DIGEST[:19]} healthily for 45 minutes, since 2026-01-02 11:15 UTC"
    assert door.asked
    assert {call[0] for call in stage.calls()} == {"stack"}, "staging is only read"


def test_the_image_may_have_another_name_where_its_digest_is_the_same(stage: Stage, door: Site) -> None:
    runs(stage, RUNNING, update(RUNNING, 46))
    assert proof(f"registry.example.com/mirror@{DIGEST}")
    assert door.asked


def test_what_ran_too_short_is_refused_with_what_is_missing(stage: Stage, door: Site) -> None:
    runs(stage, RUNNING, update(RUNNING, 13))
    assert refused().startswith(f"staging runs {DIGEST[:19]} since 2026-01-02 11:48 UTC: that is 12 of 30 minutes, and 18 are missing\n")
    assert door.asked
    assert "Bring it there" not in refused(), "it is there"


@pytest.mark.usefixtures("door")
def test_what_never_ran_there_is_refused_with_the_command_that_brings_it(stage: Stage) -> None:
    runs(stage, OTHER, update(OTHER, 300))
    told = refused()
    assert told.startswith(f"staging has not run {DIGEST[:19]} in its last 100 updates\n")
    assert f"\nBring it there: python -m ci up --stack staging --image {RUNNING}\n" in told


def test_an_update_of_something_else_does_not_begin_the_time_anew(stage: Stage, door: Site) -> None:
    runs(stage, RUNNING, update(RUNNING, 61), update(RUNNING, 5), update(RUNNING, 2, kind="refresh"))
    assert "for 60 minutes" in proof()
    assert door.asked


@pytest.mark.usefixtures("door")
def test_an_update_that_failed_counts_for_nothing(stage: Stage) -> None:
    runs(stage, OTHER, update(OTHER, 300), update(RUNNING, 120, result="failed"), update(OTHER, 110))
    assert "has not run" in refused()
    runs(stage, RUNNING, update(RUNNING, 61), update(OTHER, 20, result="failed"), update(RUNNING, 18))
    assert "for 60 minutes" in proof()


def test_what_staging_ran_long_enough_before_something_newer_is_proved_and_not_asked_for(stage: Stage, door: Site) -> None:
    runs(stage, OTHER, update(RUNNING, 101), update(OTHER, 60))
    assert proof() == f"staging ran {DIGEST[:19]} for 40 minutes, from 2026-01-02 10:20 UTC on"
    assert door.asked == []


@pytest.mark.usefixtures("door")
def test_of_several_times_the_longest_counts(stage: Stage) -> None:
    runs(stage, OTHER, update(RUNNING, 201), update(OTHER, 150), update(RUNNING, 61), update(OTHER, 40))
    assert "for 50 minutes, from 2026-01-02 08:40 UTC on" in proof()


@pytest.mark.usefixtures("door")
def test_several_short_times_are_no_long_one(stage: Stage) -> None:
    runs(stage, OTHER, update(RUNNING, 101), update(OTHER, 80), update(RUNNING, 61), update(OTHER, 40))
    assert "that is 20 of 30 minutes, and 10 are missing" in refused()


def test_what_is_not_healthy_now_is_refused_however_long_it_ran(stage: Stage, door: Site) -> None:
    runs(stage, RUNNING, update(RUNNING, 300))
    door.answers = [(502, "bad")]
    assert refused().startswith(f"staging runs it and is not healthy: https://{NAME}/healthz answers 502: bad\n")
    door.answers = [(200, f"release {OTHER.partition('@')[2]}")]
    assert "is still answered by another release" in refused()


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("end", [update("", 10, kind="destroy"), update(RUNNING, 10, deploySite="false")])
def test_a_site_that_was_taken_away_ran_until_then(stage: Stage, end: dict[str, Any]) -> None:
    runs(stage, "", update(RUNNING, 31), end)
    assert "that is 20 of 30 minutes" in refused()


@pytest.mark.usefixtures("door")
def test_a_history_that_the_state_does_not_bear_out_proves_nothing(stage: Stage) -> None:
    runs(stage, OTHER, update(RUNNING, 300))
    assert "has not run" in refused()


@pytest.mark.usefixtures("door")
def test_a_staging_that_is_not_there_proves_nothing(stage: Stage) -> None:
    stage.answer(state=None)
    assert refused().startswith("what staging has run can't be known: pulumi stack: error: no stack named 'staging' found\n")


def test_zero_minutes_ask_for_no_proof(stage: Stage) -> None:
    assert proof(minutes=0) == "no proof is asked for: site:promotionMinutes is 0"
    assert stage.calls() == []


def test_the_command_tells_it_before_the_click(
    stage: Stage, door: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITLAB_TOKEN")
    runs(stage, RUNNING, update(RUNNING, 46))
    assert call(promotion, "--image", RUNNING) == 0
    assert door.asked
    assert "✓ staging has run" in capsys.readouterr().out
    runs(stage, RUNNING)
    assert call(promotion, "--image", OTHER, "--json") == 4
    told = json.loads(capsys.readouterr().out)
    assert (told["image"], told["running"], told["proven"]) == (OTHER, RUNNING, False)
    assert told["changes"]["unknown"].endswith("there is no token that may read the registry")
