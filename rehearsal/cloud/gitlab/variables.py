"""CI variables of a project: what a job finds in its environment. Key and environment scope together are the identity."""

import re
from typing import Literal

from pydantic import BaseModel

from rehearsal.cloud.gitlab import projects, records
from rehearsal.cloud.gitlab.errors import ApiError, not_found, refused
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN = "variables"
KEY = re.compile(r"[a-zA-Z0-9_]{1,255}")
# GitLab's own two patterns, app/models/concerns/ci/maskable.rb; Ruby's \S knows ASCII's white space only.
MASKABLE = re.compile(r"[a-zA-Z0-9_+=/@:.~-]{8,}")
MASKABLE_RAW = re.compile(r"\S{8,}", re.ASCII)


class Change(BaseModel):
    """What a PUT may change; a variable can be hidden only while it is made."""

    value: str = ""
    variable_type: Literal["env_var", "file"] = "env_var"
    protected: bool = False
    masked: bool = False
    raw: bool = False
    environment_scope: str = "*"
    description: str | None = None


class New(Change):
    """What a POST takes."""

    key: str
    value: str
    masked_and_hidden: bool = False


def create(call: Call) -> Record:
    project, new = projects.number(call), call.read(New)
    record = new.model_dump(exclude={"masked_and_hidden"}) | {"project": project, "hidden": new.masked_and_hidden}
    record["masked"] = new.masked or new.masked_and_hidden
    _check(call, record)
    return _show(records.add(call.store, NOUN, record))


def index(call: Call) -> list[Record]:
    return [_show(record) for record in records.of(call.store, NOUN, projects.number(call))]


def get(call: Call) -> Record:
    return _show(_find(call))


def update(call: Call) -> Record:
    record = _find(call)
    changed = record | call.read(Change).model_dump(exclude_unset=True)
    if record["hidden"] and not changed["masked"]:
        raise refused("base", "The visibility setting cannot be changed for masked and hidden variables.")
    _check(call, changed)
    return _show(records.put(call.store, NOUN, changed))


def delete(call: Call) -> None:
    records.remove(call.store, NOUN, _find(call))


def _find(call: Call) -> Record:
    """The one variable that the key, and the scope where the filter names one, mean. Raises ApiError 404 or 409."""
    scope = call.params.get("filter[environment_scope]")
    if isinstance(body_filter := call.params.get("filter"), dict):  # the Go client sends it in a PUT's body
        scope = body_filter.get("environment_scope")
    found = [record for record in records.of(call.store, NOUN, projects.number(call)) if record["key"] == call.path["key"]]
    if scope is not None:
        found = [record for record in found if record["environment_scope"] == scope]
    if len(found) > 1:
        raise ApiError(409, {"message": "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"})
    if not found:
        raise not_found("Variable")
    return found[0]


def _check(call: Call, record: Record) -> None:
    """GitLab's rules for a variable. Raises ApiError 400."""
    if not KEY.fullmatch(record["key"]):
        raise refused("key", "can contain only letters, digits and '_'.")
    pattern = MASKABLE_RAW if record["raw"] else MASKABLE
    if record["masked"] and not pattern.fullmatch(record["value"]):
        raise refused("value", "is invalid")
    identity = ("project", "key", "environment_scope")
    for other in records.of(call.store, NOUN, record["project"]):
        if other["id"] != record.get("id") and all(other[part] == record[part] for part in identity):
            raise refused("key", f"({record['key']}) has already been taken")


def _show(record: Record) -> Record:
    shown = records.show(record, "id")
    return shown | {"value": None} if record["hidden"] else shown


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/variables", create, 201),
    Endpoint("GET", "/projects/{project}/variables", index),
    Endpoint("GET", "/projects/{project}/variables/{key}", get),
    Endpoint("PUT", "/projects/{project}/variables/{key}", update),
    Endpoint("DELETE", "/projects/{project}/variables/{key}", delete),
]
