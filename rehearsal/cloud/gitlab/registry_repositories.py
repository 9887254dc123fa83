"""Repositories of the container registry: what was pushed at or below a project's path. Their tags are the world's own.

GitLab makes a repository at the first push; here it gets its id when it is first listed. The rules are those of
https://docs.gitlab.com/api/container_registry/ and, for status and body of a deletion, of lib/api/project_container_repositories.rb.
"""

from rehearsal.cloud.gitlab import moments, projects, records
from rehearsal.cloud.gitlab.errors import not_found
from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

NOUN = "registry_repositories"


def index(call: Call) -> list[Record]:
    pushed = call.world.repositories()
    with call.store as store:
        project, paths = projects.number(call), projects.paths(store)
        known = {record["path"]: record for record in records.of(store, NOUN, project)}
        for path in pushed:
            if _owner(paths, path) == project and path not in known:
                known[path] = records.add(store, NOUN, {"project": project, "path": path, "created_at": moments.now()})
        return [_show(record, paths[project]) for path, record in known.items() if path in pushed]


def delete_tag(call: Call) -> int:
    """Answers its own status as the body, as GitLab does."""
    with call.store as store:
        path = str(records.by(store, NOUN, projects.number(call), "id", call.number("repository"))["path"])
    tag = call.path["tag"]
    with call.store.applying:
        if tag not in call.world.tags(path):
            raise not_found("Tag")
        call.world.remove_tag(path, tag)
    return 200


def _owner(paths: dict[int, str], repository: str) -> int | None:
    """The project that a repository belongs to: the one with the longest path that leads to it, in small letters."""
    above = [(len(path), id) for id, path in paths.items() if f"{repository}/".startswith(f"{path.lower()}/")]
    return max(above)[1] if above else None


def _show(record: Record, project: str) -> Record:
    path = record["path"]
    return {
        "id": record["id"],
        "name": path.removeprefix(project.lower()).removeprefix("/"),
        "path": path,
        "project_id": record["project"],
        "location": f"registry.{projects.HOST}/{path}",
        "created_at": record["created_at"],
        "cleanup_policy_started_at": None,
        "status": None,
    }


ENDPOINTS = [
    Endpoint("GET", "/projects/{project}/registry/repositories", index, asks_world=True),
    Endpoint("DELETE", "/projects/{project}/registry/repositories/{repository}/tags/{tag}", delete_tag, asks_world=True),
]
