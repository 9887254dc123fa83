"""The generic package registry: files by package, version and name; and the list of packages.

The rules are those of https://docs.gitlab.com/user/packages/generic_packages/ and lib/api/generic_packages.rb: a name may be published
again, and the newest file of it is what a download gives; a job publishes and reads with its own token.
"""

import base64
import hashlib
import re
from typing import Literal

from pydantic import BaseModel

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN, FILES = "packages", "package_files"
_NAME = re.compile(r"[A-Za-z0-9._+-]+", re.ASCII)
_VERSION = re.compile(r"(?!.*\.\.)[\w+.-]+", re.ASCII)
_SHAPES = {"package": _NAME, "version": _VERSION, "file": _NAME}
_WORDS = {"package": "package_name", "version": "package_version", "file": "file_name"}


class Wanted(BaseModel):
    """What a list is asked for. A name is searched for, a version has to be exact."""

    package_type: str | None = None
    package_name: str = ""
    package_version: str | None = None
    order_by: Literal["created_at", "name", "version", "type"] = "created_at"
    sort: Literal["asc", "desc"] = "asc"


class Answer(BaseModel):
    """What a publication is answered with."""

    select: Literal["package_file"] | None = None


def publish(call: Call) -> Record:
    project, name, version, answer = projects.number(call), *_named(call), call.read(Answer)
    package = _find(call, project, name, version)
    if package is None:
        fields = {"name": name, "version": version, "package_type": "generic", "status": "default", "created_at": moments.now()}
        package = records.add(call.store, NOUN, {"project": project, **fields})
    file = {
        "project": project,
        "package_id": package["id"],
        "file_name": call.path["file"],
        "size": len(call.content),
        "file_sha256": hashlib.sha256(call.content).hexdigest(),
        "created_at": moments.now(),
        "content": base64.b64encode(call.content).decode(),
    }
    kept = records.add(call.store, FILES, file)
    return records.show(kept, "content") if answer.select else {"message": "201 Created"}


def download(call: Call) -> bytes:
    project, name, version = projects.number(call), *_named(call)
    if package := _find(call, project, name, version):
        for file in reversed(_files(call, package)):
            if file["file_name"] == call.path["file"]:
                return base64.b64decode(file["content"])
    raise ApiError(404, {"message": "404 Not found"})


def index(call: Call) -> list[Record]:
    project, wanted = projects.number(call), call.read(Wanted)
    found = [
        record
        for record in records.of(call.store, NOUN, project)
        if wanted.package_type in (None, record["package_type"])
        and wanted.package_name in record["name"]
        and wanted.package_version in (None, record["version"])
    ]
    field = "package_type" if wanted.order_by == "type" else wanted.order_by
    found.sort(key=lambda record: (record[field], record["id"]), reverse=wanted.sort == "desc")
    return [records.show(record) for record in found]


def files(call: Call) -> list[Record]:
    return [records.show(file, "content") for file in _files(call, _by_id(call))]


def delete(call: Call) -> None:
    package = _by_id(call)
    for file in _files(call, package):
        records.remove(call.store, FILES, file)
    records.remove(call.store, NOUN, package)


def _by_id(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "id", call.number("id"))


def _named(call: Call) -> tuple[str, str]:
    """Package and version of the path. Raises ApiError 400 for a segment that GitLab does not take."""
    wrong = [_WORDS[part] for part, shape in _SHAPES.items() if not shape.fullmatch(call.path[part])]
    if wrong:
        raise ApiError(400, {"error": ", ".join(f"{word} is invalid" for word in wrong)})
    return call.path["package"], call.path["version"]


def _find(call: Call, project: int, name: str, version: str) -> Record | None:
    found = records.of(call.store, NOUN, project)
    return next((record for record in found if (record["name"], record["version"]) == (name, version)), None)


def _files(call: Call, package: Record) -> list[Record]:
    return [file for file in records.of(call.store, FILES, package["project"]) if file["package_id"] == package["id"]]


_FILE = "/projects/{project}/packages/generic/{package}/{version}/{file}"
ENDPOINTS = [
    Endpoint("PUT", _FILE, publish, 201, job_token=True, upload=True),
    Endpoint("GET", _FILE, download, job_token=True),
    Endpoint("GET", "/projects/{project}/packages", index, job_token=True),
    Endpoint("GET", "/projects/{project}/packages/{id}/package_files", files, job_token=True),
    Endpoint("DELETE", "/projects/{project}/packages/{id}", delete, job_token=True),
]
