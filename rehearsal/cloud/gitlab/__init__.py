"""The stand-in for GitLab's API v4: the nouns that this program declares, by GitLab's rules for them.

Sources of the rules: GitLab's own API documentation (https://docs.gitlab.com/api/) and, where that is silent, the code behind it.
"""

from collections.abc import Iterable

from starlette.routing import BaseRoute

from rehearsal.cloud.gitlab import (
    deploy_keys,
    deploy_tokens,
    environments,
    projects,
    protected_branches,
    protected_tags,
    registry_repositories,
    user,
    variables,
)
from rehearsal.cloud.gitlab.http import route, unknown
from rehearsal.cloud.gitlab.inventory import inventory
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import World

__all__ = ["inventory", "routes", "seed"]

NOUNS = (user, projects, variables, deploy_keys, deploy_tokens, environments, protected_branches, protected_tags, registry_repositories)


def routes(store: Store, world: World, *, token: str) -> list[BaseRoute]:
    """All of `/api/v4/…`. `token`: what clients must send, as `PRIVATE-TOKEN` or as bearer."""
    return [*(route(endpoint, store, world, token) for noun in NOUNS for endpoint in noun.ENDPOINTS), unknown()]


def seed(store: Store, paths: Iterable[str]) -> None:
    """Make the projects with these paths where they are missing, each with its default branch protected."""
    with store:
        for path in paths:
            if project := projects.add(store, path):
                protected_branches.protect_default(store, project["id"], project["default_branch"])
