"""Issues of a project: https://docs.gitlab.com/api/issues/."""

from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.labels import Labels
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.gitlab.user import ME

NOUN = "issues"
MOST = 1_048_576
"""Characters of a description; of a title 255."""
_STATES = {"close": "closed", "reopen": "opened"}


class Fields(BaseModel):
    """What a POST and a PUT take here. `labels` replaces all of them."""

    title: str = Field(default="", min_length=1, max_length=255)
    description: str | None = Field(default=None, max_length=MOST)
    labels: Labels = []


class New(Fields):
    """What a POST takes."""

    title: str = Field(min_length=1, max_length=255)


class Change(Fields):
    """What a PUT takes."""

    state_event: Literal["close", "reopen"] | None = None


class Wanted(BaseModel):
    """What a list is asked for: issues that have all of `labels`, and `search` in their title or description."""

    state: Literal["opened", "closed", "all"] = "all"
    labels: Labels = []
    search: str = ""
    within: str = Field(default="title,description", alias="in")


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    made, number = moments.now(), records.next_number(call.store, NOUN, project)
    fields = {"iid": number, "state": "opened", "created_at": made, "updated_at": made, "closed_at": None, **new.model_dump()}
    return _show(records.add(call.store, NOUN, {"project": project, **fields}))


def index(call: Call) -> list[Record]:
    """The newest first."""
    project, wanted = projects.number(call), call.read(Wanted)
    found = [
        record
        for record in reversed(records.of(call.store, NOUN, project))
        if wanted.state in ("all", record["state"])
        and set(wanted.labels) <= set(record["labels"])
        and any(wanted.search.lower() in (record[field] or "").lower() for field in wanted.within.split(","))
    ]
    return [_show(record) for record in found]


def get(call: Call) -> Record:
    return _show(_find(call))


def update(call: Call) -> Record:
    """An event that changes nothing, such as closing what is closed, is taken and does nothing."""
    record, change = _find(call), call.read(Change)
    if not change.model_fields_set:
        raise ApiError(400, {"error": f"{', '.join(Change.model_fields)} are missing, at least one parameter must be provided"})
    fields = change.model_dump(exclude_unset=True, exclude={"state_event"}) | {"updated_at": moments.now()}
    if change.state_event:
        state = _STATES[change.state_event]
        fields |= {"state": state, "closed_at": moments.now() if state == "closed" else None}
    return _show(records.put(call.store, NOUN, record | fields))


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "iid", call.number("iid"))


def _show(record: Record) -> Record:
    return records.show(record) | {"project_id": record["project"], "author": ME}


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/issues", create, 201),
    Endpoint("GET", "/projects/{project}/issues", index),
    Endpoint("GET", "/projects/{project}/issues/{iid}", get),
    Endpoint("PUT", "/projects/{project}/issues/{iid}", update),
]
