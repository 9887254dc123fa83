"""Environments, protected branches and protected tags."""

from typing import Any, ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.gitlab.api import InProject, body, called
from rehearsal.conductor.properties import Properties, changed

_LEVELS = {"no one": 0, "developer": 30, "maintainer": 40, "admin": 60}
"""GitLab's access levels by the provider's names."""


class ProjectEnvironment(InProject):
    """`gitlab.ProjectEnvironment`. GitLab deletes none that is not stopped."""

    type: ClassVar = "gitlab:index/projectEnvironment:ProjectEnvironment"
    accepts: ClassVar = frozenset({"project", "name", "externalUrl", "tier", "description", "stopBeforeDestroy"})
    replaces: ClassVar = frozenset({"project", "name"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"slug", "state"})

    def create(self, inputs: Properties) -> Made:
        with called():
            return _made_environment(self.project(inputs).environments.create(_environment(inputs)))

    def update(self, old: Existing, new: Properties) -> Properties:
        if changed(old.inputs, new) != ("stopBeforeDestroy",):
            with called():
                self.project(new).environments.update(int(old.id), _environment(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            environment = self.project(old.inputs).environments.get(int(old.id))
            if old.inputs.get("stopBeforeDestroy"):
                environment.stop()
            environment.delete()

    def find(self, inputs: Properties) -> Made | None:
        with called():
            found = self.project(inputs).environments.list(name=inputs["name"], get_all=True)
        return _made_environment(found[0]) if found else None


class BranchProtection(InProject):
    """`gitlab.BranchProtection`. Like the provider it takes over the protection that GitLab gives the default branch."""

    type: ClassVar = "gitlab:index/branchProtection:BranchProtection"
    accepts: ClassVar = frozenset({"project", "branch", "allowForcePush", "mergeAccessLevel", "pushAccessLevel"})
    replaces: ClassVar = frozenset({"project", "branch", "mergeAccessLevel", "pushAccessLevel"})
    gives: ClassVar = frozenset({"branchProtectionId"})

    def create(self, inputs: Properties) -> Made:
        branches = self.project(inputs).protectedbranches
        levels = {f"{side}_access_level": _LEVELS[inputs.get(f"{side}AccessLevel", "maintainer")] for side in ("push", "merge")}
        with called():
            if self.connections.gitlab.projects.get(inputs["project"]).default_branch == inputs["branch"]:
                with called(gone=True):
                    branches.delete(inputs["branch"])
            made = branches.create({"name": inputs["branch"], **levels, **body(inputs, ("allowForcePush",))})
            return _made_protection(inputs, made)

    def update(self, old: Existing, new: Properties) -> Properties:
        with called():
            request = {"allow_force_push": new.get("allowForcePush", False)}
            self.project(new).protectedbranches.update(new["branch"], request)
        return old.outputs

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).protectedbranches.delete(old.inputs["branch"])

    def find(self, inputs: Properties) -> Made | None:
        with called(gone=True):
            return _made_protection(inputs, self.project(inputs).protectedbranches.get(inputs["branch"]))
        return None


class TagProtection(InProject):
    """`gitlab.TagProtection`."""

    type: ClassVar = "gitlab:index/tagProtection:TagProtection"
    accepts: ClassVar = frozenset({"project", "tag", "createAccessLevel"})
    replaces: ClassVar = accepts

    def create(self, inputs: Properties) -> Made:
        level = _LEVELS[inputs.get("createAccessLevel", "maintainer")]
        with called():
            self.project(inputs).protectedtags.create({"name": inputs["tag"], "create_access_level": level})
        return Made(f"{inputs['project']}:{inputs['tag']}", {})

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).protectedtags.delete(old.inputs["tag"])

    def find(self, inputs: Properties) -> Made | None:
        with called(gone=True):
            self.project(inputs).protectedtags.get(inputs["tag"])
            return Made(f"{inputs['project']}:{inputs['tag']}", {})
        return None


def _environment(inputs: Properties) -> dict[str, Any]:
    return body(inputs, ("name", "externalUrl", "tier", "description"))


def _made_environment(environment: Any) -> Made:
    return Made(str(environment.id), {"slug": environment.slug, "state": environment.state})


def _made_protection(inputs: Properties, branch: Any) -> Made:
    return Made(f"{inputs['project']}:{inputs['branch']}", {"branchProtectionId": branch.id})


KINDS: tuple[type[Handler], ...] = (ProjectEnvironment, BranchProtection, TagProtection)
