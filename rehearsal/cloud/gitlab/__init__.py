"""The stand-in for GitLab's API v4: the nouns that this program declares, by GitLab's rules for them.

Sources of the rules: GitLab's own API documentation (https://docs.gitlab.com/api/) and, where that is silent, the code behind it.
"""

from collections.abc import Callable, Iterable

from starlette.routing import BaseRoute

from rehearsal.cloud.gitlab import (
    deploy_keys,
    deploy_tokens,
    environments,
    issues,
    jobs,
    merge_request_notes,
    merge_requests,
    packages,
    personal_access_tokens,
    pipeline_schedules,
    projects,
    protected_branches,
    protected_environments,
    protected_tags,
    registry_repositories,
    resource_groups,
    user,
    variables,
)
from rehearsal.cloud.gitlab.http import route, unknown
from rehearsal.cloud.gitlab.inventory import inventory
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import World

__all__ = ["inventory", "routes", "seed"]

NOUNS = (
    user,
    projects,
    variables,
    deploy_keys,
    deploy_tokens,
    environments,
    protected_branches,
    protected_environments,
    protected_tags,
    registry_repositories,
    resource_groups,
    personal_access_tokens,
    pipeline_schedules,
    jobs,
    issues,
    merge_requests,
    merge_request_notes,
    packages,
)


def routes(store: Store, world: World, *, accepts: Callable[[str], bool]) -> list[BaseRoute]:
    """All of `/api/v4/…`. `accepts`: which tokens clients may send, as `PRIVATE-TOKEN` or as bearer."""
    return [*(route(endpoint, store, world, accepts) for noun in NOUNS for endpoint in noun.ENDPOINTS), unknown()]


def seed(store: Store, paths: Iterable[str]) -> None:
    """Make the projects with these paths where they are missing, each with its default branch protected."""
    with store:
        for path in paths:
            if project := projects.add(store, path):
                protected_branches.protect_default(store, project["id"], project["default_branch"])
