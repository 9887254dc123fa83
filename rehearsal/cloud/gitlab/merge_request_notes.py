"""Notes (comments) of a merge request. A job's token may read them and not write any: lib/api/notes.rb."""

from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.cloud.gitlab import merge_requests, moments, records
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.gitlab.user import ME

NOUN = "merge_request_notes"
MOST = 1_000_000
"""Characters of a note."""


class Note(BaseModel):
    """What a POST and a PUT take."""

    body: str = Field(max_length=MOST)


class Order(BaseModel):
    """How a list is sorted."""

    order_by: Literal["created_at", "updated_at"] = "created_at"
    sort: Literal["asc", "desc"] = "desc"


def create(call: Call) -> Record:
    request, note = merge_requests.find(call), call.read(Note)
    if not note.body.strip():
        raise ApiError(400, {"message": '400 Bad request - Note {:note=>["can\'t be blank"]}'})
    made = moments.now()
    fields = {"merge_request": request["id"], "body": note.body, "created_at": made, "updated_at": made}
    return _show(call, records.add(call.store, NOUN, {"project": request["project"], **fields}))


def index(call: Call) -> list[Record]:
    order = call.read(Order)
    found = sorted(_of(call), key=lambda record: (record[order.order_by], record["id"]), reverse=order.sort == "desc")
    return [_show(call, record) for record in found]


def get(call: Call) -> Record:
    return _show(call, _find(call))


def update(call: Call) -> Record:
    record, note = _find(call), call.read(Note)
    if not note.body.strip():
        raise ApiError(400, {"error": "body is empty"})
    return _show(call, records.put(call.store, NOUN, record | {"body": note.body, "updated_at": moments.now()}))


def delete(call: Call) -> None:
    records.remove(call.store, NOUN, _find(call))


def _of(call: Call) -> list[Record]:
    request = merge_requests.find(call)
    return [record for record in records.of(call.store, NOUN, request["project"]) if record["merge_request"] == request["id"]]


def _find(call: Call) -> Record:
    wanted = call.number("note")
    for record in _of(call):
        if record["id"] == wanted:
            return record
    raise ApiError(404, {"message": "404 Not found"})


def _show(call: Call, record: Record) -> Record:
    of = {
        "noteable_type": "MergeRequest",
        "noteable_id": record["merge_request"],
        "noteable_iid": call.number("iid"),
        "project_id": record["project"],
    }
    return records.show(record, "merge_request") | of | {"author": ME, "system": False, "internal": False, "resolvable": False}


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/merge_requests/{iid}/notes", create, 201),
    Endpoint("GET", "/projects/{project}/merge_requests/{iid}/notes", index, job_token=True),
    Endpoint("GET", "/projects/{project}/merge_requests/{iid}/notes/{note}", get, job_token=True),
    Endpoint("PUT", "/projects/{project}/merge_requests/{iid}/notes/{note}", update),
    Endpoint("DELETE", "/projects/{project}/merge_requests/{iid}/notes/{note}", delete),
]
