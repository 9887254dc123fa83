"""Protected tags: who may create a tag of a name, or of a pattern such as `release-*`."""

from pydantic import BaseModel

from rehearsal.cloud.gitlab import access, projects, records
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN = "protected_tags"


class New(BaseModel):
    """What a POST takes; GitLab has no way to change a protected tag."""

    name: str
    create_access_level: access.AccessLevel = access.MAINTAINERS


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    if any(record["name"] == new.name for record in records.of(call.store, NOUN, project)):
        raise ApiError(422, {"message": ["Name has already been taken"]})
    return _show(records.add(call.store, NOUN, {"project": project, **new.model_dump()}))


def index(call: Call) -> list[Record]:
    return [_show(record) for record in records.of(call.store, NOUN, projects.number(call))]


def get(call: Call) -> Record:
    return _show(_find(call))


def delete(call: Call) -> None:
    records.remove(call.store, NOUN, _find(call))


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "name", call.path["name"])


def _show(record: Record) -> Record:
    return {"name": record["name"], "create_access_levels": access.show(record["id"], record["create_access_level"])}


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/protected_tags", create, 201),
    Endpoint("GET", "/projects/{project}/protected_tags", index),
    Endpoint("GET", "/projects/{project}/protected_tags/{name}", get),
    Endpoint("DELETE", "/projects/{project}/protected_tags/{name}", delete),
]
