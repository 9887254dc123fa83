"""Protected environments (GitLab Premium): who may deploy to one."""

from pydantic import BaseModel, ConfigDict, Field

from rehearsal.cloud.gitlab import access, projects, records
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN = "protected_environments"


class Level(BaseModel):
    """Whose role is enough."""

    model_config = ConfigDict(extra="forbid")

    access_level: access.AccessLevel


class New(BaseModel):
    """What a POST takes."""

    name: str
    deploy_access_levels: list[Level] = Field(min_length=1)


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    if any(record["name"] == new.name for record in records.of(call.store, NOUN, project)):
        raise ApiError(409, {"message": f"Protected environment '{new.name}' already exists"})
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
    levels = [shown for level in record["deploy_access_levels"] for shown in access.show(record["id"], level["access_level"])]
    return {"name": record["name"], "deploy_access_levels": levels, "required_approval_count": 0, "approval_rules": []}


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/protected_environments", create, 201),
    Endpoint("GET", "/projects/{project}/protected_environments", index),
    Endpoint("GET", "/projects/{project}/protected_environments/{name}", get),
    Endpoint("DELETE", "/projects/{project}/protected_environments/{name}", delete),
]
