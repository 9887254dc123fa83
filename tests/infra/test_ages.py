"""When secrets were rotated, noted by real commands under the conductor, and how old each may get."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2

from infra.ages import LIMITS, Ages, days, limit, warning
from infra.registry import PULL_SECONDS
from rehearsal.conductor.ledger import Ledger
from rehearsal.conductor.monitor import NoReads
from rehearsal.conductor.outcome import Outcome
from rehearsal.conductor.run import Run
from rehearsal.conductor.step import Op
from tests.conductor.stage import NOBODY, Events
from tests.infra.outputs import resolve

NOW = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
SECRET = "canary-of-the-token"
PROGRAM = """
import json

import pulumi

from infra.ages import Ages

config = pulumi.Config()
changes = json.loads(config.require("changes"))
secret = {name: pulumi.Output.secret(text) for name, text in json.loads(config.require("secret")).items()}
ages = Ages("ages", stack="staging", changes={**changes, **secret}, limits={"database": 90}, after=[])
pulumi.export("rotated", ages.times)
"""


class Stage:
    """A stack of nothing but ages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.json"
        (folder / "program").mkdir()
        (folder / "program" / "__main__.py").write_text(PROGRAM)

    def run(self, secret: dict[str, str] | None = None, **changes: str) -> Run:
        values = {"changes": changes, "secret": secret or {}}
        return Run(
            stack="staging",
            project="site",
            program_dir=self.folder / "program",
            config={f"site:{key}": json.dumps(value) for key, value in values.items()},
            secret_keys=[],
            ledger_path=self.ledger,
            endpoints=NOBODY,
        )

    def grow_old(self, old: int) -> None:
        """Let what is noted be from `old` days ago."""
        since = (datetime.now(UTC) - timedelta(days=old)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.edit(lambda entry: {**entry, "outputs": {**entry["outputs"], "stdout": since}})

    def edit(self, change: Any) -> None:
        """Rewrite each entry of the ledger."""
        known = json.loads(self.ledger.read_text())
        self.ledger.write_text(json.dumps({**known, "entries": [change(entry) for entry in known["entries"]]}))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """With nothing noted yet."""
    return Stage(tmp_path)


def rotated(outcome: Outcome) -> dict[str, str]:
    """What the program exports, which hides nothing."""
    assert outcome.secret_exports == []
    found: dict[str, str] = outcome.exports["rotated"]
    return found


@pytest.mark.parametrize(
    ("name", "overrides", "allowed"),
    [
        ("database", {}, 180),
        ("database", {"database": 30, "broker": 7}, 30),
        ("secrets.STRIPE_KEY", {}, 365),
        ("secrets.STRIPE_KEY", {"secrets": 90}, 90),
        ("secrets.STRIPE_KEY", {"secrets": 90, "secrets.STRIPE_KEY": 400}, 400),
        ("secrets.STRIPE_KEY", {"secrets.OTHER": 1}, 365),
        ("gitlab:token", {"gitlab:token": 60}, 60),
    ],
)
def test_what_is_said_of_a_secret_wins_over_what_is_said_of_its_kind(name: str, overrides: dict[str, int], allowed: int) -> None:
    assert limit(name, overrides) == allowed


def test_a_name_that_no_secret_has_is_an_error() -> None:
    with pytest.raises(KeyError, match="databse"):
        limit("databse", {})


def test_what_ends_by_itself_is_told_a_month_before() -> None:
    assert PULL_SECONDS / 24 / 3600 - LIMITS["registry"] >= 30
    assert 365 - LIMITS["gitlab:token"] >= 30


def test_days_are_whole_ones() -> None:
    assert days("2026-11-20T18:30:01Z", NOW) == 0
    assert days("2026-11-20T18:30:00Z", NOW) == 1


def test_a_secret_is_warned_of_when_it_is_past_its_limit_and_not_on_the_day() -> None:
    at, past = ((NOW - timedelta(days=old)).isoformat() for old in (180, 181))
    assert warning("database", at, {}, stack="staging", now=NOW) == ""
    assert warning("database", past, {}, stack="staging", now=NOW) == (
        "secret database was last rotated 181 days ago (limit 180 days): python -m ci rotate database --stack staging"
    )


@pytest.mark.integration
def test_the_first_run_notes_the_time_of_each(stage: Stage) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    found = rotated(stage.run(database="1", secret={"digitalocean:token": SECRET, "secrets.STRIPE_KEY": "x"}).up())
    assert sorted(found) == ["database", "digitalocean:token", "secrets.STRIPE_KEY"]
    for since in found.values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", since)
        assert before <= datetime.fromisoformat(since) <= datetime.now(UTC)
    names = {entry.name for entry in Ledger(stage.ledger).entries}
    assert names == {"rotated-database", "rotated-digitalocean-token", "rotated-secrets-STRIPE_KEY"}


@pytest.mark.integration
def test_only_the_secret_that_changes_gets_a_new_time(stage: Stage) -> None:
    stage.run(database="1", broker="1").up()
    stage.grow_old(10)
    outcome = stage.run(database="2", broker="1").up()
    found = rotated(outcome)
    assert [days(found[name], datetime.now(UTC)) for name in ("database", "broker")] == [0, 10]
    assert [(step.name, step.properties) for step in outcome.steps if step.op is Op.REPLACE] == [("rotated-database", ("triggers",))]
    assert len(Ledger(stage.ledger).entries) == 2, "the time before is forgotten"


@pytest.mark.integration
def test_a_change_of_the_note_itself_keeps_the_time(stage: Stage) -> None:
    first = rotated(stage.run(database="1").up())
    stage.grow_old(10)
    stage.edit(lambda entry: {**entry, "inputs": {**entry["inputs"], "create": "date"}})
    outcome = stage.run(database="1").up()
    assert outcome.count(Op.UPDATE) == 1
    assert rotated(outcome) != first
    assert days(rotated(outcome)["database"], datetime.now(UTC)) == 10


@pytest.mark.integration
def test_a_secret_that_triggers_is_marked_and_its_time_is_not(stage: Stage) -> None:
    for text in (SECRET, f"{SECRET}-renewed"):
        outcome = stage.run(secret={"digitalocean:token": text}).up()
        assert list(rotated(outcome)) == ["digitalocean:token"]
    [entry] = Ledger(stage.ledger).entries
    assert entry.secrets == ["triggers"], "the engine encrypts it in the state"
    assert SECRET not in json.dumps([entry.outputs, entry.urn, entry.inputs["create"], entry.inputs["update"]])


def test_a_time_is_shown_also_where_the_engine_takes_it_for_a_secret() -> None:
    """pulumi-command marks all outputs of a command of which one input is secret."""

    class Engine(MockMonitor):
        def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
            response = resource_pb2.RegisterResourceResponse(urn=f"urn:pulumi:staging::site::{request.type}::{request.name}", id="1")
            response.object.update({"stdout": rpc.wrap_rpc_secret("2026-11-21T18:30:00Z\n")})
            return response

    def times() -> pulumi.Output[dict[str, str]]:
        pulumi.runtime.set_mocks(NoReads(), "site", "staging", preview=False, monitor=Engine(NoReads()))
        return Ages("ages", stack="staging", changes={"gitlab:token": pulumi.Output.secret(SECRET)}, limits={}, after=[]).times

    assert resolve(times) == {"gitlab:token": "2026-11-21T18:30:00Z"}


@pytest.mark.integration
@pytest.mark.parametrize("mode", ["up", "preview"])
def test_a_secret_past_its_limit_is_warned_of_in_every_run(stage: Stage, mode: str) -> None:
    stage.run(database="1", broker="1").up()
    stage.grow_old(91)
    events = Events()
    getattr(stage.run(database="1", broker="1"), mode)(events)
    assert [event.message for event in events if event.message] == [
        "warning: secret database was last rotated 91 days ago (limit 90 days): python -m ci rotate database --stack staging"
    ]


@pytest.mark.integration
def test_a_preview_of_a_rotation_does_not_know_its_time_and_warns_of_nothing_else(stage: Stage) -> None:
    stage.run(database="1").up()
    stage.grow_old(91)
    events = Events()
    outcome = stage.run(database="2").preview(events)
    assert outcome.count(Op.REPLACE) == 1
    assert [event.message for event in events if event.message] == []
    assert "rotated" not in outcome.exports


@pytest.mark.integration
def test_a_stack_without_secrets_has_no_times(stage: Stage) -> None:
    assert rotated(stage.run().up()) == {}
