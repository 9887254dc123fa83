"""Deploy tokens: a name and a password for a project's registry. The password is in one answer only, the creation's."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from rehearsal.cloud import registry_users
from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN = "deploy_tokens"
Scope = Literal["read_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry"]


class New(BaseModel):
    """What a POST takes; GitLab has no way to change a deploy token."""

    name: str
    scopes: Annotated[list[Scope], Field(min_length=1)]
    username: str | None = None
    expires_at: moments.Moment | None = None


def create(call: Call) -> Record:
    """Makes a user of the registry as well, where a scope opens the registry to the token."""
    project, new = projects.number(call), call.read(New)
    expires = new.expires_at
    fields = {"name": new.name, "scopes": list(new.scopes), "expires_at": expires and moments.write(expires), "revoked": False}
    record = records.add(call.store, NOUN, {"project": project, **fields})
    record = records.put(call.store, NOUN, record | {"username": new.username or f"gitlab+deploy-token-{record['id']}"})
    password = f"gldt-{secrets.token_urlsafe(15)}"
    if {"read_registry", "write_registry"} & set(new.scopes):
        call.store["registry_users"][_user(record)] = {
            "name": record["username"],
            "password": password,
            "write": "write_registry" in new.scopes,
            "expires_at": expires and expires.timestamp(),
        }
    return _show(record) | {"token": password}


def index(call: Call) -> list[Record]:
    return [_show(record) for record in records.of(call.store, NOUN, projects.number(call))]


def get(call: Call) -> Record:
    return _show(_find(call))


def delete(call: Call) -> None:
    record = _find(call)
    call.store["registry_users"].pop(_user(record), None)
    records.remove(call.store, NOUN, record)


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "id", call.number("token"))


def _user(record: Record) -> str:
    return f"gitlab_deploy_token/{record['id']}"


def _show(record: Record) -> Record:
    expires = record["expires_at"]
    return records.show(record) | {"expired": expires is not None and datetime.fromisoformat(expires) <= datetime.now(UTC)}


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/deploy_tokens", create, 201, after=registry_users.publish),
    Endpoint("GET", "/projects/{project}/deploy_tokens", index),
    Endpoint("GET", "/projects/{project}/deploy_tokens/{token}", get),
    Endpoint("DELETE", "/projects/{project}/deploy_tokens/{token}", delete, after=registry_users.publish),
]
