"""Projects: they are there before a stack is, as on GitLab. The API looks them up, by id or by path, and changes their cleanup policy."""

from pydantic import BaseModel, ConfigDict

from rehearsal.cloud.gitlab import cleanup_policies, moments, records
from rehearsal.cloud.gitlab.errors import ApiError, not_found
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record
from rehearsal.cloud.store import Store

NOUN = "projects"
HOST = "gitlab.com"
DEFAULT_BRANCH = "main"


class Change(BaseModel):
    """What a PUT takes here. Nothing else that GitLab knows is taken without being done: it is refused."""

    model_config = ConfigDict(extra="forbid")

    container_expiration_policy_attributes: cleanup_policies.Change


def add(store: Store, path: str) -> Record | None:
    """Make the project with this path, such as `group/site`; None where it is there already."""
    if any(record["path_with_namespace"] == path for record in records.every(store, NOUN)):
        return None
    namespace, _, name = path.rpartition("/")
    record = {
        "name": name,
        "path": name,
        "path_with_namespace": path,
        "name_with_namespace": path.replace("/", " / "),
        "namespace": {"name": namespace, "path": namespace, "full_path": namespace, "kind": "group"},
        "description": None,
        "default_branch": DEFAULT_BRANCH,
        "visibility": "private",
        "archived": False,
        "empty_repo": False,
        "created_at": moments.now(),
        "web_url": f"https://{HOST}/{path}",
        "http_url_to_repo": f"https://{HOST}/{path}.git",
        "ssh_url_to_repo": f"git@{HOST}:{path}.git",
        "container_registry_enabled": True,
        "container_registry_access_level": "enabled",
        "container_registry_image_prefix": f"registry.{HOST}/{path.lower()}",
    }
    return records.add(store, NOUN, record)


def paths(store: Store) -> dict[int, str]:
    """The path of each project by its id."""
    return {record["id"]: record["path_with_namespace"] for record in records.every(store, NOUN)}


def id_of(store: Store, path: str) -> int:
    """The id of the project with this path. Raises KeyError."""
    return {known: id for id, known in paths(store).items()}[path]


def number(call: Call) -> int:
    """The id of the project that a request is about. Raises ApiError 404, and 403 for a job of another project."""
    found: int = _find(call)["id"]
    if call.job and call.job["project"] != found:
        names = {record["id"]: record["path"] for record in records.every(call.store, NOUN)}
        words = f"Authentication by CI/CD job token not allowed from {names[call.job['project']]} to {names[found]}."
        raise ApiError(403, {"message": f"403 Forbidden - {words}"})
    return found


def get(call: Call) -> Record:
    return _show(_find(call))


def update(call: Call) -> Record:
    record, change = _find(call), call.read(Change).container_expiration_policy_attributes
    policy = cleanup_policies.changed(_policy(record), change)
    return _show(records.put(call.store, NOUN, record | {"container_expiration_policy": policy}))


def _find(call: Call) -> Record:
    project, found = call.path["project"], records.every(call.store, NOUN)
    for record in found:
        if project in (str(record["id"]), record["path_with_namespace"]):
            return record
    # In other letters only where none has exactly these: app/models/concerns/routable.rb.
    for record in found:
        if project.lower() == record["path_with_namespace"].lower():
            return record
    raise not_found("Project")


def _policy(record: Record) -> Record:
    return {**cleanup_policies.DEFAULT, **record.get("container_expiration_policy", {})}


def _show(record: Record) -> Record:
    return records.show(record) | {"container_expiration_policy": _policy(record)}


ENDPOINTS = [
    Endpoint("GET", "/projects/{project}", get),
    Endpoint("PUT", "/projects/{project}", update),
]
