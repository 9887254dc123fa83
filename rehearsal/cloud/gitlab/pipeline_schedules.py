"""Pipeline schedules, with the inputs that their pipelines get. Kept and shown; nothing is run here.

The rules are those of https://docs.gitlab.com/api/pipeline_schedules/ and of lib/api/ci/pipeline_schedules.rb: a short `ref` becomes a
full one, and an input with `destroy` goes.
"""

import re
from typing import Any

from pydantic import BaseModel, Field

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.errors import ApiError, refused
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.gitlab.user import ME

NOUN = "pipeline_schedules"
CRON = re.compile(r"(\S+ +){4}\S+")


class Input(BaseModel):
    """One input of the pipelines."""

    name: str
    value: Any = None
    destroy: bool = False


class Change(BaseModel):
    """What a PUT may change."""

    description: str = Field(default="", min_length=1)
    ref: str = Field(default="", min_length=1)
    cron: str = ""
    cron_timezone: str = "UTC"
    active: bool = True
    inputs: list[Input] = []


class New(Change):
    """What a POST takes."""

    description: str = Field(min_length=1)
    ref: str = Field(min_length=1)
    cron: str


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    made = moments.now()
    fields = new.model_dump(exclude={"inputs"}) | {"created_at": made, "updated_at": made, "inputs": {}, "owner": ME}
    return _details(records.add(call.store, NOUN, _changed({"project": project, **fields}, new)))


def index(call: Call) -> list[Record]:
    found, scope = records.of(call.store, NOUN, projects.number(call)), call.params.get("scope")
    return [_show(record) for record in found if scope is None or record["active"] == (scope == "active")]


def get(call: Call) -> Record:
    return _details(_find(call))


def update(call: Call) -> Record:
    """Refuses anybody but the owner, whose rights its pipelines have."""
    record, change = _find(call), call.read(Change)
    if record["owner"]["id"] != ME["id"]:
        raise ApiError(403, {"message": "403 Forbidden"})
    fields = change.model_dump(exclude_unset=True, exclude={"inputs"}) | {"updated_at": moments.now()}
    return _details(records.put(call.store, NOUN, _changed(record | fields, change)))


def take_ownership(call: Call) -> Record:
    return _details(records.put(call.store, NOUN, _find(call) | {"owner": ME}))


def delete(call: Call) -> None:
    records.remove(call.store, NOUN, _find(call))


def _changed(record: Record, change: Change) -> Record:
    """With the full ref and the inputs of a change. Raises ApiError 400."""
    if not CRON.fullmatch(record["cron"]):
        raise refused("cron", "syntax is invalid")
    inputs = record["inputs"] | {one.name: one.value for one in change.inputs}
    gone = {one.name for one in change.inputs if one.destroy}
    ref = record["ref"] if record["ref"].startswith("refs/") else f"refs/heads/{record['ref']}"
    return record | {"ref": ref, "inputs": {name: value for name, value in inputs.items() if name not in gone}}


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "id", call.number("schedule"))


def _show(record: Record) -> Record:
    inputs = [{"name": name, "value": value} for name, value in record["inputs"].items()]
    return records.show(record) | {"inputs": inputs}


def _details(record: Record) -> Record:
    return _show(record) | {"variables": [], "last_pipeline": None}


_ONE = "/projects/{project}/pipeline_schedules/{schedule}"
ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/pipeline_schedules", create, 201),
    Endpoint("GET", "/projects/{project}/pipeline_schedules", index),
    Endpoint("GET", _ONE, get),
    Endpoint("PUT", _ONE, update),
    Endpoint("DELETE", _ONE, delete),
    Endpoint("POST", f"{_ONE}/take_ownership", take_ownership),
]
