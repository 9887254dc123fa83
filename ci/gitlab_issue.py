"""One issue for one matter: opened, brought up to date, closed when there is nothing to tell, and opened again."""

from typing import Literal

from gitlab.v4.objects import Project, ProjectIssue

Outcome = Literal["opened", "reopened", "updated", "closed", "unchanged"]


def report(project: Project, *, title: str, label: str, text: str) -> tuple[Outcome, int]:
    """Let the issue with this label and title say `text`, or be closed where there is none; gives what was done, and its number (0: none).

    A description that is as it should be is not written again. python-gitlab's errors are raised.
    """
    found = find(project, title=title, label=label)
    if found is None:
        return ("opened", project.issues.create({"title": title, "labels": [label], "description": text}).iid) if text else ("unchanged", 0)
    closed = found.state == "closed"
    if not text:
        if closed:
            return "unchanged", found.iid
        project.issues.update(found.iid, {"state_event": "close"})
        return "closed", found.iid
    if closed:
        project.issues.update(found.iid, {"state_event": "reopen", "description": text})
        return "reopened", found.iid
    if (found.description or "").strip() == text.strip():
        return "unchanged", found.iid
    project.issues.update(found.iid, {"description": text})
    return "updated", found.iid


def find(project: Project, *, title: str, label: str) -> ProjectIssue | None:
    """The issue of this matter: an open one before a closed one, and the newest of them. python-gitlab's errors are raised."""
    known = project.issues.list(iterator=True, labels=[label], search=title, **{"in": "title"})
    every = sorted((found for found in known if found.title == title), key=lambda found: (found.state != "opened", -found.iid))
    return every[0] if every else None
