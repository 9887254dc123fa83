"""Resource groups: jobs of one group run one at a time. GitLab makes a group for the first job that names it, never by the API."""

from typing import Literal

from pydantic import BaseModel

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.store import Store

NOUN = "resource_groups"


class Change(BaseModel):
    """What a PUT takes: the values of app/models/ci/resource_group.rb."""

    process_mode: Literal["unordered", "oldest_first", "newest_first", "newest_ready_first"] = "unordered"


def begin(store: Store, project: str, key: str) -> Record:
    """What GitLab does when a job of the project with this path names a group for the first time."""
    with store:
        made = moments.now()
        fields = {"key": key, "created_at": made, "updated_at": made, **Change().model_dump()}
        return records.add(store, NOUN, {"project": projects.id_of(store, project), **fields})


def index(call: Call) -> list[Record]:
    return [records.show(record) for record in records.of(call.store, NOUN, projects.number(call))]


def get(call: Call) -> Record:
    return records.show(_find(call))


def update(call: Call) -> Record:
    change = call.read(Change).model_dump(exclude_unset=True)
    return records.show(records.put(call.store, NOUN, _find(call) | change | {"updated_at": moments.now()}))


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "key", call.path["key"])


ENDPOINTS = [
    Endpoint("GET", "/projects/{project}/resource_groups", index),
    Endpoint("GET", "/projects/{project}/resource_groups/{key}", get),
    Endpoint("PUT", "/projects/{project}/resource_groups/{key}", update),
]
