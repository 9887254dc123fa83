"""Protected branches: who may push and merge. A project's default branch is protected from the start."""

from pydantic import BaseModel

from rehearsal.cloud.gitlab import access, projects, records
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.store import Store

NOUN = "protected_branches"


class Change(BaseModel):
    """What a PATCH may change; other access levels need a new protection (the free tier knows no `allowed_to_*`)."""

    allow_force_push: bool = False


class New(Change):
    """What a POST takes."""

    name: str
    push_access_level: access.AccessLevel = access.MAINTAINERS
    merge_access_level: access.AccessLevel = access.MAINTAINERS


def protect_default(store: Store, project: int, branch: str) -> None:
    """What GitLab does for a new project; `initial` keeps it apart from what a client made."""
    records.add(store, NOUN, {"project": project, "initial": True, **New(name=branch).model_dump()})


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    if any(record["name"] == new.name for record in records.of(call.store, NOUN, project)):
        raise ApiError(409, {"message": f"Protected branch '{new.name}' already exists"})
    return _show(records.add(call.store, NOUN, {"project": project, "initial": False, **new.model_dump()}))


def index(call: Call) -> list[Record]:
    return [_show(record) for record in records.of(call.store, NOUN, projects.number(call))]


def get(call: Call) -> Record:
    return _show(_find(call))


def update(call: Call) -> Record:
    return _show(records.put(call.store, NOUN, _find(call) | call.read(Change).model_dump(exclude_unset=True)))


def delete(call: Call) -> None:
    records.remove(call.store, NOUN, _find(call))


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "name", call.path["name"])


def _show(record: Record) -> Record:
    return {
        "id": record["id"],
        "name": record["name"],
        "push_access_levels": access.show(record["id"], record["push_access_level"]),
        "merge_access_levels": access.show(record["id"], record["merge_access_level"]),
        "allow_force_push": record["allow_force_push"],
    }


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/protected_branches", create, 201),
    Endpoint("GET", "/projects/{project}/protected_branches", index),
    Endpoint("GET", "/projects/{project}/protected_branches/{name}", get),
    Endpoint("PATCH", "/projects/{project}/protected_branches/{name}", update),
    Endpoint("DELETE", "/projects/{project}/protected_branches/{name}", delete),
]
