"""One issue for one matter, in GitLab."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gitlab.v4.objects import Project

from ci.gitlab_issue import Outcome, report
from tests.cloud.gitlab_server import serving

pytestmark = pytest.mark.integration


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with serving(tmp_path) as site:
        yield site.project()


def told(project: Project, text: str, stack: str = "staging") -> Outcome:
    return report(project, title=f"Drift: {stack}", label="drift", text=text)[0]


def test_it_is_opened_updated_closed_and_opened_again_as_one(project: Project) -> None:
    assert [told(project, text) for text in ("", "a", "a", "b", "", "", "c")] == [
        "unchanged",
        "opened",
        "unchanged",
        "updated",
        "closed",
        "unchanged",
        "reopened",
    ]
    (issue,) = project.issues.list(get_all=True)
    assert (issue.state, issue.description, issue.labels) == ("opened", "c", ["drift"])


def test_each_title_has_its_own(project: Project) -> None:
    told(project, "a")
    told(project, "b", "staging-2")
    assert told(project, "") == "closed"
    assert {issue.title: issue.state for issue in project.issues.list(get_all=True)} == {
        "Drift: staging": "closed",
        "Drift: staging-2": "opened",
    }


def test_an_open_one_is_taken_before_a_closed_one_and_one_without_the_label_is_not_ours(project: Project) -> None:
    project.issues.create({"title": "Drift: staging"})
    opened = project.issues.create({"title": "Drift: staging", "labels": "drift, seen"})
    closed = project.issues.create({"title": "Drift: staging", "labels": "drift"})
    project.issues.update(closed.iid, {"state_event": "close"})
    assert report(project, title="Drift: staging", label="drift", text="a") == ("updated", opened.iid)
    assert project.issues.get(opened.iid).labels == ["drift", "seen"], "people's labels stay"
