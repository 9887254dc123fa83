"""Merge requests and their notes, as the official client meets them."""

from typing import Any

import gitlab
import pytest

from rehearsal.cloud.gitlab import jobs
from tests.cloud.gitlab_server import PATH, Site, answer

pytestmark = pytest.mark.integration


@pytest.fixture
def request_(site: Site) -> Any:
    """A merge request in a project of its own."""
    return site.new_project().mergerequests.create({"title": "Faster", "source_branch": "faster", "target_branch": "main"})


def test_a_merge_request_is_known_by_its_number_in_the_project(site: Site) -> None:
    project = site.new_project()
    numbers = [project.mergerequests.create({"title": "T", "source_branch": "b", "target_branch": "main"}).iid for _ in range(2)]
    assert numbers == [1, 2]
    assert project.mergerequests.get(2).state == "opened"
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found"):
        project.mergerequests.get(3)


def test_labels_are_a_text_with_commas_or_a_list_and_replace_those_before(request_: Any) -> None:
    request_.labels = ["data at risk: acknowledged", "b", "b"]
    request_.save()
    assert request_.labels == ["data at risk: acknowledged", "b"]
    assert request_.manager.update(request_.iid, {"labels": "c, d"})["labels"] == ["c", "d"]


def test_a_note_is_written_and_then_updated_in_place(request_: Any) -> None:
    note = request_.notes.create({"body": "one"})
    assert (note.body, note.system, note.noteable_type, note.noteable_iid) == ("one", False, "MergeRequest", request_.iid)
    note.body = "two"
    note.save()
    assert [found.body for found in request_.notes.list(get_all=True)] == ["two"]
    assert request_.notes.get(note.id).author["username"] == "rehearsal"


def test_notes_are_listed_newest_first_unless_told(request_: Any) -> None:
    for body in ("1", "2", "3"):
        request_.notes.create({"body": body})
    assert [note.body for note in request_.notes.list(get_all=True)] == ["3", "2", "1"]
    assert [note.body for note in request_.notes.list(get_all=True, sort="asc")] == ["1", "2", "3"]


def test_a_note_belongs_to_one_merge_request(site: Site) -> None:
    project = site.new_project()
    first, second = (project.mergerequests.create({"title": "T", "source_branch": "b", "target_branch": "main"}) for _ in range(2))
    note = first.notes.create({"body": "x"})
    assert second.notes.list(get_all=True) == []
    with pytest.raises(gitlab.GitlabGetError) as caught:
        second.notes.get(note.id)
    assert answer(caught) == (404, {"message": "404 Not found"})


def test_a_note_that_was_deleted_is_not_there(request_: Any) -> None:
    note = request_.notes.create({"body": "x"})
    note.delete()
    with pytest.raises(gitlab.GitlabUpdateError, match="404 Not found"):
        request_.notes.update(note.id, {"body": "y"})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"body": " "}, {"message": '400 Bad request - Note {:note=>["can\'t be blank"]}'}),
        ({"body": "x" * 1_000_001}, {"error": "body is invalid"}),
    ],
)
def test_a_note_that_is_blank_or_too_long_is_refused(request_: Any, data: dict[str, str], message: Any) -> None:
    with pytest.raises(gitlab.GitlabCreateError) as caught:
        request_.notes.create(data)
    assert answer(caught) == (400, message)


def test_a_job_may_read_notes_with_its_own_token_and_write_none(site: Site) -> None:
    site.project().mergerequests.create({"title": "T", "source_branch": "b", "target_branch": "main"}).notes.create({"body": "seen"})
    token = jobs.begin(site.store, PATH, "preview")["token"]
    request = site.client(job_token=token).projects.get(PATH, lazy=True).mergerequests.get(1, lazy=True)
    assert [note.body for note in request.notes.list(get_all=True)] == ["seen"]
    with pytest.raises(gitlab.GitlabAuthenticationError):
        request.notes.create({"body": "no"})
