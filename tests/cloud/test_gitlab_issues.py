"""Issues of a project, as the official client meets them."""

from typing import Any

import gitlab
import pytest
from gitlab.v4.objects import Project

from tests.cloud.gitlab_server import Site, answer

pytestmark = pytest.mark.integration


def titles(project: Project, **wanted: Any) -> list[str]:
    return [issue.title for issue in project.issues.list(get_all=True, **wanted)]


def test_issues_are_numbered_in_their_project(site: Site, project: Project) -> None:
    site.new_project().issues.create({"title": "elsewhere"})
    assert [project.issues.create({"title": title}).iid for title in ("one", "two")] == [1, 2]
    assert titles(project) == ["two", "one"]


def test_issues_are_found_by_label_state_and_words(project: Project) -> None:
    project.issues.create({"title": "Drift: staging", "labels": "drift"})
    project.issues.create({"title": "Drift: production", "labels": ["drift", "urgent"]})
    project.issues.create({"title": "Another", "description": "about drift"})
    assert titles(project, labels=["drift", "urgent"]) == ["Drift: production"]
    assert titles(project, search="DRIFT", **{"in": "title"}) == ["Drift: production", "Drift: staging"]
    assert titles(project, search="drift", labels="drift", state="opened") == ["Drift: production", "Drift: staging"]
    assert titles(project, state="closed") == []


def test_an_issue_is_closed_and_opened_again(project: Project) -> None:
    issue = project.issues.create({"title": "Drift: staging"})
    issue.state_event = "close"
    issue.save()
    assert (issue.state, bool(issue.closed_at)) == ("closed", True)
    project.issues.update(issue.iid, {"state_event": "reopen", "description": "again"})
    found = project.issues.get(issue.iid)
    assert (found.state, found.closed_at, found.description, found.title) == ("opened", None, "again", "Drift: staging")


def test_a_change_of_labels_replaces_them_all(project: Project) -> None:
    issue = project.issues.create({"title": "T", "labels": "a,b"})
    assert project.issues.update(issue.iid, {"labels": "c"})["labels"] == ["c"]
    assert project.issues.update(issue.iid, {"title": "U"})["labels"] == ["c"]


@pytest.mark.parametrize("data", [{"title": ""}, {"title": "x" * 256}, {"title": "T", "description": "x" * 1_048_577}])
def test_texts_have_limits(project: Project, data: dict[str, str]) -> None:
    with pytest.raises(gitlab.GitlabCreateError, match="400"):
        project.issues.create(data)
    assert titles(project) == []


def test_a_change_names_something(project: Project) -> None:
    issue = project.issues.create({"title": "T"})
    with pytest.raises(gitlab.GitlabUpdateError, match="at least one parameter must be provided"):
        project.issues.update(issue.iid, {})
    with pytest.raises(gitlab.GitlabUpdateError) as caught:
        project.issues.update(issue.iid, {"state_event": "closed"})
    assert answer(caught) == (400, {"error": "state_event does not have a valid value"})


def test_an_issue_that_is_not_there_is_not_found(project: Project) -> None:
    with pytest.raises(gitlab.GitlabGetError) as caught:
        project.issues.get(9)
    assert answer(caught) == (404, {"message": "404 Not found"})
