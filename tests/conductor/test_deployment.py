"""Rules of create, update, replace and adopt, on boxes."""

import dataclasses
import re
from pathlib import Path

import pytest

from rehearsal.conductor.errors import ConductorError, Refused
from rehearsal.conductor.ledger import Entry, State
from tests.conductor.shelf import Box, Chest, Workshop, declare, urn


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def begun(workshop: Workshop, name: str) -> Entry:
    """Turn the ledger back to where a run was killed: this box was begun, and nobody saw its end."""
    entry = workshop.ledger.current(urn(name))
    assert entry is not None
    entry = dataclasses.replace(entry, state=State.CREATING, id=None, outputs={})
    workshop.ledger.put(entry)
    return entry


def test_a_chosen_name_is_the_logical_one_and_seven_digits_and_stays(workshop: Workshop) -> None:
    workshop.up(declare("blue"))
    [name] = workshop.shelf.boxes

    workshop.up(declare("blue", inputs={"color": "red"}))

    assert re.fullmatch(r"blue-[0-9a-f]{7}", name)
    assert [*workshop.shelf.boxes] == [name]
    assert workshop.shelf.done == ["create blue", "update blue"]


def test_a_replacement_gets_another_name_and_the_old_one_waits_for_its_deletion(workshop: Workshop) -> None:
    workshop.up(declare("blue", inputs={"size": 1}))
    workshop.up(declare("blue", inputs={"size": 2}))

    old, new = workshop.ledger.entries
    assert (old.state, new.state) == (State.DELETING, State.DONE)
    assert len(workshop.shelf.boxes) == 2


def test_what_a_killed_run_has_made_is_adopted(workshop: Workshop) -> None:
    workshop.up(declare("blue"))
    begun(workshop, "blue")

    workshop.up(declare("blue"))

    assert workshop.shelf.done == ["create blue"]
    [entry] = workshop.ledger.entries
    assert (entry.state, entry.outputs) == (State.DONE, {"place": "found"})


def test_what_a_killed_run_has_not_made_yet_is_made(workshop: Workshop) -> None:
    workshop.up(declare("blue"))
    begun(workshop, "blue")
    workshop.shelf.boxes.clear()

    workshop.up(declare("blue"))

    assert len(workshop.shelf.boxes) == len(workshop.ledger.entries) == 1


def test_an_adopted_one_is_updated_to_what_is_declared_now(workshop: Workshop) -> None:
    workshop.up(declare("blue"))
    begun(workshop, "blue")

    workshop.up(declare("blue", inputs={"color": "red"}))

    assert workshop.shelf.done == ["create blue", "update blue"]


def test_a_killed_replacement_is_adopted_and_not_made_a_third_time(workshop: Workshop) -> None:
    workshop.up(declare("blue", inputs={"size": 1}))
    old = workshop.ledger.entries[0]
    workshop.up(declare("blue", inputs={"size": 2}))
    begun(workshop, "blue")
    workshop.ledger.put(old)

    workshop.up(declare("blue", inputs={"size": 2}))

    assert [entry.state for entry in workshop.ledger.entries] == [State.DELETING, State.DONE]
    assert len(workshop.shelf.boxes) == 2


def test_what_can_not_be_replaced_is_refused_with_the_way_out(workshop: Workshop) -> None:
    workshop.up(declare("big", Chest.type, inputs={"size": 1}))

    with pytest.raises(Refused, match=r"test:index:Chest big: a change of size needs a new one.*run `make down`, then `make up`"):
        workshop.up(declare("big", Chest.type, inputs={"size": 2}))


def test_delete_before_replace_is_refused(workshop: Workshop) -> None:
    workshop.up(declare("blue", inputs={"size": 1}))

    with pytest.raises(Refused, match="must be deleted before it is made again"):
        workshop.up(declare("blue", inputs={"size": 2}, delete_before_replace=True))


def test_replace_on_changes_is_honoured(workshop: Workshop) -> None:
    workshop.up(declare("blue", inputs={"color": "red"}))
    workshop.up(declare("blue", inputs={"color": "green"}, replace_on_changes=("color[*]",)))

    assert workshop.shelf.done == ["create blue", "create blue"]


def test_a_property_that_the_handler_does_not_know_is_refused(workshop: Workshop) -> None:
    with pytest.raises(Refused, match=r"Box blue: the conductor does not know the property weight; it knows color, name"):
        workshop.up(declare("blue", inputs={"weight": 1}))


def test_a_type_that_nobody_plays_is_refused(workshop: Workshop) -> None:
    with pytest.raises(Refused, match="does not play test:index:Bag; it plays digitalocean"):
        workshop.up(declare("blue", "test:index:Bag"))


def test_a_missing_output_is_an_error_that_names_the_resource(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Box, "gives", frozenset({"place", "weight"}))

    with pytest.raises(ConductorError, match="test:index:Box blue: create failed: it gave no weight"):
        workshop.up(declare("blue"))


def test_an_error_of_the_conductor_itself_names_the_resource(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.up(declare("blue"))
    lids: dict[str, list[str]] = {}
    monkeypatch.setattr(Box, "replacing", lambda *_: lids["blue"])

    with pytest.raises(ConductorError, match="test:index:Box blue: KeyError"):
        workshop.up(declare("blue", inputs={"color": "red"}))


def test_nothing_new_begins_after_a_failure(workshop: Workshop) -> None:
    workshop.shelf.broken["blue"] = KeyError("lid")
    deployment = workshop.up()
    with pytest.raises(ConductorError, match="Box blue: create failed: KeyError: 'lid'"):
        deployment.register(declare("blue"))

    with pytest.raises(ConductorError, match="stopped"):
        deployment.register(declare("red"))

    assert workshop.shelf.done == []


def test_secrets_of_inputs_and_outputs_are_hidden_in_errors(workshop: Workshop) -> None:
    workshop.shelf.broken["red"] = ValueError("it says open sesame in a warm place")
    deployment = workshop.up()
    deployment.register(declare("blue", inputs={"color": "warm place"}, secret_outputs=frozenset({"place"})))

    with pytest.raises(ConductorError, match=r"it says \[secret\] in a \[secret\]$"):
        deployment.register(declare("red", inputs={"token": "open sesame"}, secrets={"token": ["open sesame"]}))
