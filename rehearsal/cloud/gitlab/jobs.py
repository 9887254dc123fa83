"""Jobs of a project: the API shows them; they are begun and ended by whoever runs a pipeline in the rehearsal."""

import secrets

from rehearsal.cloud.gitlab import job_tokens, moments, projects, records
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.store import Store

NOUN = job_tokens.JOBS


def begin(store: Store, project: str, name: str) -> Record:
    """Let a job run from now on, in the project with this path; gives it with its `id` and its `token`."""
    with store:
        fields = {"name": name, "status": "running", "created_at": moments.now(), "finished_at": None}
        token = f"glcbt-{secrets.token_urlsafe(15)}"
        return records.add(store, NOUN, {"project": projects.id_of(store, project), **fields, "token": token})


def end(store: Store, id: int, status: str = "success") -> None:
    """Let it have ended as `success`, `failed` or `canceled`: its token is worth nothing from now on."""
    with store:
        job = next(record for record in records.every(store, NOUN) if record["id"] == id)
        records.put(store, NOUN, job | {"status": status, "finished_at": moments.now()})


def get(call: Call) -> Record:
    return records.show(records.by(call.store, NOUN, projects.number(call), "id", call.number("job")), "token")


ENDPOINTS = [Endpoint("GET", "/projects/{project}/jobs/{job}", get)]
