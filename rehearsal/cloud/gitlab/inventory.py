"""What clients have made here and not taken away again.

What a pipeline leaves behind is not listed: schedules, issues, notes, packages.
"""

from typing import NamedTuple

from rehearsal.cloud.gitlab import (
    deploy_keys,
    deploy_tokens,
    environments,
    projects,
    protected_branches,
    protected_environments,
    protected_tags,
    records,
    variables,
)
from rehearsal.cloud.store import Store


class Kind(NamedTuple):
    """How one noun is listed: its name in the inventory and the words that name one object."""

    noun: str
    kind: str
    name: str


KINDS = [
    Kind(variables.NOUN, "gitlab:variable", "{key}@{environment_scope}"),
    Kind(deploy_keys.NOUN, "gitlab:deploy_key", "{title}"),
    Kind(deploy_tokens.NOUN, "gitlab:deploy_token", "{name}"),
    Kind(environments.NOUN, "gitlab:environment", "{name}"),
    Kind(protected_branches.NOUN, "gitlab:protected_branch", "{name}"),
    Kind(protected_environments.NOUN, "gitlab:protected_environment", "{name}"),
    Kind(protected_tags.NOUN, "gitlab:protected_tag", "{name}"),
]


def inventory(store: Store) -> list[dict[str, str]]:
    """All objects that a client made, each as `kind`, `id`, `name`, such as `SSH_KEY@staging in group/site`, and `created_at`.

    GitLab keeps that time for deploy keys and environments only.
    Projects, and the first protection of their default branch, were there before and are not listed.
    """
    with store:
        paths = projects.paths(store)
        return [
            {"kind": kind, "id": str(record["id"]), "name": f"{name.format_map(record)} in {paths[record['project']]}"}
            | {field: record[field] for field in ("created_at",) if field in record}
            for noun, kind, name in KINDS
            for record in records.every(store, noun)
            if not record.get("initial")
        ]
