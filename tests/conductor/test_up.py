"""What one `up` does after another: only what changed, in the order that Pulumi gives."""

from dataclasses import replace

import pytest

from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.ledger import Ledger
from rehearsal.conductor.step import Op
from tests.conductor.stage import Events, Stage

pytestmark = pytest.mark.integration


def test_the_first_up_makes_everything_after_what_it_needs(stage: Stage) -> None:
    outcome = stage.run().up()

    assert stage.effects() == ["create first", "create second after out"]
    assert outcome.count(Op.CREATE) == 4
    assert outcome.exports["out"] == "out"
    assert outcome.secret_exports == ["password"]


def test_a_second_up_has_no_effect(stage: Stage) -> None:
    first = stage.run().up()
    stage.effects()
    events = Events()

    second = stage.run().up(events)

    assert stage.effects() == []
    assert events.lines == []
    assert second.count(Op.SAME) == 4
    assert second.exports == first.exports


def test_a_changed_input_is_one_update(stage: Stage) -> None:
    stage.run().up()
    stage.effects()

    outcome = stage.run(note="new").up()

    assert stage.effects() == ["update first"]
    [step] = [step for step in outcome.steps if step.op is not Op.SAME]
    assert (step.name, step.op, step.properties) == ("first", Op.UPDATE, ("environment",))


def test_an_ignored_change_is_none(stage: Stage) -> None:
    stage.run(ignore="true").up()
    stage.effects()

    stage.run(ignore="true", note="new").up()

    assert stage.effects() == []


def test_a_replacement_is_made_before_the_old_one_is_deleted(stage: Stage) -> None:
    stage.run().up()
    stage.effects()
    events = Events()

    outcome = stage.run(trigger="2").up(events)

    assert stage.effects() == ["create first", "delete first"]
    assert events.lines == ["replace first", "delete first"]
    assert outcome.count(Op.REPLACE) == 1
    assert outcome.count(Op.DELETE) == 0
    assert len(Ledger(stage.ledger).entries) == 4


def test_a_resource_that_is_no_longer_declared_is_deleted_once(stage: Stage) -> None:
    stage.run().up()
    stage.effects()

    outcome = stage.run(second="false").up()

    assert stage.effects() == ["delete second"]
    assert outcome.count(Op.DELETE) == 1
    stage.run(second="false").up()
    assert stage.effects() == []


def test_a_failed_create_stops_what_needs_it_and_deletes_nothing(stage: Stage) -> None:
    with pytest.raises(ConductorError, match=r"command:local:Command first: create failed: the command exited with 3\nno such luck"):
        stage.run(first="echo no such luck >&2; exit 3").up()

    assert stage.effects() == []
    assert {entry.name for entry in Ledger(stage.ledger).entries} == {"key", "password", "first"}


def test_the_next_up_goes_on_after_a_failed_create(stage: Stage) -> None:
    with pytest.raises(ConductorError):
        stage.run(first="false").up()
    events = Events()

    stage.run().up(events)

    assert stage.effects() == ["create first", "create second after out"]
    assert "create key" not in events.lines
    assert len(Ledger(stage.ledger).entries) == 4


def test_a_failed_update_is_tried_again(stage: Stage) -> None:
    flag = stage.folder / "flag"
    stage.run().up()
    stage.effects()
    with pytest.raises(ConductorError, match="first: update failed"):
        stage.run(update=f"test -e {flag}").up()

    flag.touch()
    stage.run(update=f"test -e {flag}").up()

    assert stage.effects() == ["update first"]


def test_what_a_check_says_is_told_without_secrets(stage: Stage) -> None:
    events = Events()
    replace(stage, secrets={"stdin": "hunter2-hunter2"}).run(checked="W004 hunter2-hunter2").up(events)
    assert [event.message for event in events if event.kind == "said"] == ["W004 [secret]"]


def test_an_error_in_the_program_names_its_line(stage: Stage) -> None:
    with pytest.raises(ConductorError, match=r"(?s)the program failed: KeyError: 'out'.*__main__.py:\d+: first.stdout.apply"):
        stage.run(bug="true").up()


def test_down_deletes_users_before_what_they_use_and_leaves_nothing(stage: Stage) -> None:
    stage.run().up()
    stage.effects()
    events = Events()

    stage.run().down(events)

    assert stage.effects() == ["delete second", "delete first"]
    assert set(events.lines) == {"delete second", "delete first", "delete password", "delete key"}
    assert Ledger(stage.ledger).entries == []


def test_urns_are_the_engines(stage: Stage) -> None:
    outcome = stage.run().preview()

    urns = {step.name: step.urn for step in outcome.steps}
    assert urns["first"] == "urn:pulumi:staging::site::test:index:Parts$test:index:Parts$command:local:Command::first"
    assert urns["second"] == "urn:pulumi:staging::site::command:local:Command::second"
