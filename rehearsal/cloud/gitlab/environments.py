"""Environments: what a job deploys to. One is stopped before it can be deleted."""

import re
from typing import Literal

from pydantic import BaseModel

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.errors import ApiError, refused
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN = "environments"
Tier = Literal["production", "staging", "testing", "development", "other"]
# Where none is given GitLab takes the tier from the name, first match, app/models/environment.rb.
TIERS: list[tuple[str, Tier]] = [
    (r"dev|review|trunk", "development"),
    (r"te?st|int|ac(ce)?pt|qa|qc|control|quality", "testing"),
    (r"sta?g|mode?l|pre|demo|non", "staging"),
    (r"pro?d|live", "production"),
]


class Change(BaseModel):
    """What a PUT may change; an environment keeps its name."""

    external_url: str | None = None
    description: str | None = None
    tier: Tier = "other"


class New(Change):
    """What a POST takes."""

    name: str


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    if any(record["name"] == new.name for record in records.of(call.store, NOUN, project)):
        raise refused("name", "has already been taken")
    made = moments.now()
    record = {"project": project, "slug": _slug(new.name), "state": "available", "created_at": made, "updated_at": made, **new.model_dump()}
    if "tier" not in new.model_fields_set:
        record["tier"] = _tier(new.name)
    return records.show(records.add(call.store, NOUN, record))


def index(call: Call) -> list[Record]:
    found = records.of(call.store, NOUN, projects.number(call))
    name = call.params.get("name")
    return [records.show(record) for record in found if name is None or record["name"] == name]


def get(call: Call) -> Record:
    return records.show(_find(call))


def update(call: Call) -> Record:
    return _put(call, _find(call) | call.read(Change).model_dump(exclude_unset=True))


def stop(call: Call) -> Record:
    return _put(call, _find(call) | {"state": "stopped"})


def delete(call: Call) -> None:
    record = _find(call)
    if record["state"] != "stopped":
        raise ApiError(403, {"message": "403 Forbidden"})
    records.remove(call.store, NOUN, record)


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "id", call.number("environment"))


def _put(call: Call, record: Record) -> Record:
    return records.show(records.put(call.store, NOUN, record | {"updated_at": moments.now()}))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:24]


def _tier(name: str) -> Tier:
    return next((tier for pattern, tier in TIERS if re.search(pattern, name, re.IGNORECASE)), "other")


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/environments", create, 201),
    Endpoint("GET", "/projects/{project}/environments", index),
    Endpoint("GET", "/projects/{project}/environments/{environment}", get),
    Endpoint("PUT", "/projects/{project}/environments/{environment}", update),
    Endpoint("POST", "/projects/{project}/environments/{environment}/stop", stop),
    Endpoint("DELETE", "/projects/{project}/environments/{environment}", delete),
]
