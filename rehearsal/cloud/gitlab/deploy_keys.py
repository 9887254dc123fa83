"""Deploy keys: ssh keys that may read a project's repository, and push where they are told to."""

from base64 import b64encode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_ssh_public_key, ssh_key_fingerprint
from pydantic import BaseModel

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.errors import refused
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN = "deploy_keys"


class Change(BaseModel):
    """What a PUT may change."""

    title: str = ""
    can_push: bool = False


class New(Change):
    """What a POST takes."""

    title: str
    key: str
    expires_at: moments.Moment | None = None


def create(call: Call) -> Record:
    """Refuses a key that is there already, in whatever project and under whatever comment.

    GitLab does so when the text differs; when it is the same it answers 201 with the object that it has. A replacement that creates
    before it deletes would then delete the key that it has just been given, so the stand-in refuses that as well.
    """
    project, new = projects.number(call), call.read(New)
    key = new.key.strip()
    fingerprint = _fingerprint(key)
    if any(record["fingerprint_sha256"] == fingerprint for record in records.every(call.store, NOUN)):
        raise refused("deploy_key.fingerprint_sha256", "has already been taken")
    record = {
        "project": project,
        "title": new.title,
        "key": key,
        "fingerprint_sha256": fingerprint,
        "can_push": new.can_push,
        "created_at": moments.now(),
        "expires_at": new.expires_at and moments.write(new.expires_at),
    }
    return records.show(records.add(call.store, NOUN, record))


def index(call: Call) -> list[Record]:
    return [records.show(record) for record in records.of(call.store, NOUN, projects.number(call))]


def get(call: Call) -> Record:
    return records.show(_find(call))


def update(call: Call) -> Record:
    return records.show(records.put(call.store, NOUN, _find(call) | call.read(Change).model_dump(exclude_unset=True)))


def delete(call: Call) -> None:
    records.remove(call.store, NOUN, _find(call))


def _find(call: Call) -> Record:
    return records.by(call.store, NOUN, projects.number(call), "id", call.number("key"))


def _fingerprint(key: str) -> str:
    """`SHA256:…` of a public key in ssh's format. Raises ApiError 400."""
    try:
        fingerprint = ssh_key_fingerprint(load_ssh_public_key(key.encode()), hashes.SHA256())
    except (ValueError, UnsupportedAlgorithm):
        raise refused("deploy_key.fingerprint_sha256", "cannot be generated") from None
    return f"SHA256:{b64encode(fingerprint).decode().rstrip('=')}"


ENDPOINTS = [
    Endpoint("POST", "/projects/{project}/deploy_keys", create, 201),
    Endpoint("GET", "/projects/{project}/deploy_keys", index),
    Endpoint("GET", "/projects/{project}/deploy_keys/{key}", get),
    Endpoint("PUT", "/projects/{project}/deploy_keys/{key}", update),
    Endpoint("DELETE", "/projects/{project}/deploy_keys/{key}", delete),
]
