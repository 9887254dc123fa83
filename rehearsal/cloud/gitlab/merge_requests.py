"""Merge requests, as far as a pipeline comments on them: a number in the project, a title, branches and labels.

A project here has no repository: every branch that a request names is taken to be there.
"""

from pydantic import BaseModel, Field

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.labels import Labels
from rehearsal.cloud.gitlab.records import Record

NOUN = "merge_requests"


class Change(BaseModel):
    """What a PUT may change here."""

    title: str = Field(default="", min_length=1)
    description: str | None = None
    labels: Labels = []


class New(Change):
    """What a POST takes."""

    title: str = Field(min_length=1)
    source_branch: str
    target_branch: str


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    number = records.next_number(call.store, NOUN, project)
    fields = {"iid": number, "state": "opened", "created_at": moments.now(), **new.model_dump()}
    return _show(records.add(call.store, NOUN, {"project": project, **fields}))


def get(call: Call) -> Record:
    return _show(find(call))


def update(call: Call) -> Record:
    return _show(records.put(call.store, NOUN, find(call) | call.read(Change).model_dump(exclude_unset=True)))


def find(call: Call) -> Record:
    """The one that the path means by its number. Raises ApiError 404."""
    return records.by(call.store, NOUN, projects.number(call), "iid", call.number("iid"))


def _show(record: Record) -> Record:
    return records.show(record) | {"project_id": record["project"]}


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/merge_requests", create, 201),
    Endpoint("GET", "/projects/{project}/merge_requests/{iid}", get, job_token=True),
    Endpoint("PUT", "/projects/{project}/merge_requests/{iid}", update),
]
