"""One note of ours on a merge request, updated in place."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from ci.preview import merge_request
from ci.preview.note import marker
from ci.thing import CloudError
from rehearsal.cloud.gitlab import jobs
from tests.cloud.gitlab_server import OTHER, TOKEN, Site, serving

pytestmark = pytest.mark.integration


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("gitlab")) as site:
        yield site
        gc.collect()  # the clients are in cycles, and a connection that one holds would keep the server from ending


@pytest.fixture
def request_(site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A merge request, and the environment of its pipeline."""
    made = site.project(OTHER).mergerequests.create({"title": "Faster", "source_branch": "faster", "target_branch": "main"})
    environment = {
        "CI_API_V4_URL": f"{site.url}/api/v4",
        "CI_MERGE_REQUEST_PROJECT_ID": str(made.project_id),
        "CI_MERGE_REQUEST_IID": str(made.iid),
        "NOTE_TOKEN": TOKEN,
        "SSL_CERT_FILE": site.certificate,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return made


def bodies(request: Any) -> list[str]:
    return [note.body for note in request.notes.list(get_all=True, sort="asc")]


def test_it_is_written_once_and_then_updated(request_: Any) -> None:
    for text in ("first", "second", "third"):
        merge_request.tell(f"{marker('staging')}\n{text}")
    assert bodies(request_) == [f"{marker('staging')}\nthird"]


def test_each_stack_has_one_and_those_of_others_stay(request_: Any) -> None:
    request_.notes.create({"body": "looks good"})
    for stack in ("staging", "production", "staging"):
        merge_request.tell(f"{marker(stack)}\nof {stack}")
    assert bodies(request_) == ["looks good", f"{marker('staging')}\nof staging", f"{marker('production')}\nof production"]


def test_a_note_that_only_quotes_the_mark_is_not_ours(request_: Any) -> None:
    request_.notes.create({"body": f"what is {marker('staging')}?"})
    merge_request.tell(f"{marker('staging')}\ntext")
    assert len(bodies(request_)) == 2


def test_the_token_of_a_job_can_not_write_it(site: Site, request_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTE_TOKEN", jobs.begin(site.store, OTHER, "preview")["token"])
    with pytest.raises(CloudError, match=r"the note could not be written: .*is NOTE_TOKEN a project access token, Reporter, scope api\?"):
        merge_request.tell("text")
    assert bodies(request_) == []


@pytest.mark.usefixtures("request_")
@pytest.mark.parametrize("name", ["NOTE_TOKEN", "CI_MERGE_REQUEST_IID"])
def test_without_a_token_or_a_merge_request_there_is_nobody_to_tell(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert merge_request.can_be_told()
    monkeypatch.delenv(name)
    assert not merge_request.can_be_told()
