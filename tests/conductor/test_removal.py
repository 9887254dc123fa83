"""What is deleted when, and what may stay behind."""

from pathlib import Path

import pytest

from rehearsal.conductor.errors import ConductorError, Unreachable
from tests.conductor.shelf import Box, Host, HostedBox, Workshop, declare, urn


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_the_latest_is_deleted_first(workshop: Workshop) -> None:
    workshop.up(declare("one"), declare("two"), declare("three"))

    workshop.remove()

    assert workshop.shelf.done[3:] == ["delete three", "delete two", "delete one"]


def test_an_old_user_is_deleted_before_the_newer_thing_that_it_uses_now(workshop: Workshop) -> None:
    workshop.up(declare("service"), declare("secret"), declare("service", needs=(urn("secret"),)))

    workshop.remove()

    assert workshop.shelf.done[2:] == ["delete service", "delete secret"]


def test_what_a_failed_deletion_still_needs_stays(workshop: Workshop) -> None:
    workshop.up(declare("base"), declare("other"), declare("user", needs=(urn("base"),)))
    workshop.shelf.broken["user"] = ConductorError("glued")

    with pytest.raises(ConductorError, match="Box user: delete failed: glued"):
        workshop.remove()

    assert [entry.name for entry in workshop.ledger.entries] == ["base", "user"]


def test_the_next_pass_deletes_what_the_last_one_could_not(workshop: Workshop) -> None:
    workshop.up(declare("user"))
    workshop.shelf.broken["user"] = ConductorError("glued")
    with pytest.raises(ConductorError):
        workshop.remove()

    workshop.shelf.broken.clear()
    workshop.remove()

    assert workshop.ledger.entries == []
    assert workshop.shelf.boxes == {}


def test_what_is_retained_is_forgotten_only(workshop: Workshop) -> None:
    workshop.up(declare("kept", retain=True))

    workshop.remove()

    assert workshop.ledger.entries == []
    assert len(workshop.shelf.boxes) == 1


def test_what_goes_with_another_is_not_deleted_by_itself(workshop: Workshop) -> None:
    workshop.up(declare("host"), declare("guest", deleted_with=urn("host")))

    workshop.remove()

    assert workshop.shelf.done[2:] == ["delete host"]


def test_what_is_on_a_host_that_goes_away_need_not_answer(workshop: Workshop) -> None:
    host = declare("host", Host.type)
    workshop.up(host, *(declare(name, HostedBox.type, needs=(host.urn,)) for name in ("first", "second")))
    workshop.shelf.broken |= dict.fromkeys(("first", "second"), Unreachable("nobody there"))

    workshop.remove()

    assert workshop.ledger.entries == []
    assert workshop.shelf.done[3:] == ["delete host"]
    assert workshop.shelf.hurried


def test_a_silent_host_that_stays_is_an_error(workshop: Workshop) -> None:
    workshop.up(declare("first", HostedBox.type))
    workshop.shelf.broken["first"] = Unreachable("nobody there")

    with pytest.raises(ConductorError, match="nobody there"):
        workshop.remove()


def test_a_silent_provider_is_asked_once(workshop: Workshop) -> None:
    engine = declare("engine", Box.type)
    workshop.up(declare("host", Host.type), engine)
    workshop.up(*(declare(name, HostedBox.type, provider=engine.urn) for name in ("first", "second")))
    workshop.shelf.broken |= dict.fromkeys(("first", "second"), Unreachable("nobody there"))

    workshop.remove()

    assert [event.name for event in workshop.events if event.kind == "failed"] == ["second"]
    assert workshop.ledger.entries == []


def test_what_a_killed_run_has_made_is_deleted_too(workshop: Workshop) -> None:
    workshop.up(declare("half"))
    text = workshop.folder.joinpath("ledger.json").read_text()
    workshop.folder.joinpath("ledger.json").write_text(text.replace('"state": "done"', '"state": "creating"'))

    workshop.remove()

    assert workshop.shelf.boxes == {}
    assert workshop.ledger.entries == []
