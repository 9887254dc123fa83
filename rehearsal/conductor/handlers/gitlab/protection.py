"""Environments and their protection, protected branches and protected tags."""

from typing import Any, ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.gitlab.api import InProject, body, called, identity, number, told
from rehearsal.conductor.properties import Properties, changed

_LEVELS = {"no one": 0, "developer": 30, "maintainer": 40, "admin": 60}
"""GitLab's access levels by the provider's names."""
_NAMES = {level: name for name, level in _LEVELS.items()}


class ProjectEnvironment(InProject):
    """`gitlab.ProjectEnvironment`. GitLab deletes none that is not stopped."""

    type: ClassVar = "gitlab:index/projectEnvironment:ProjectEnvironment"
    accepts: ClassVar = frozenset({"project", "name", "externalUrl", "tier", "description", "stopBeforeDestroy"})
    replaces: ClassVar = frozenset({"project", "name"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"slug", "state"})

    def create(self, inputs: Properties) -> Made:
        with called():
            return _made_environment(inputs, self.project(inputs).environments.create(_environment(inputs)))

    def update(self, old: Existing, new: Properties) -> Properties:
        if changed(old.inputs, new) != ("stopBeforeDestroy",):
            with called():
                self.project(new).environments.update(number(old.id), _environment(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            environment = self.project(old.inputs).environments.get(number(old.id))
            if old.inputs.get("stopBeforeDestroy"):
                environment.stop()
            environment.delete()

    def find(self, inputs: Properties) -> Made | None:
        with called():
            found = self.project(inputs).environments.list(name=inputs["name"], get_all=True)
        return _made_environment(inputs, found[0]) if found else None

    def read(self, id: str) -> Existing | None:
        inputs = identity(id, "project", "number")
        with called(gone=True):
            found = self.project(inputs).environments.get(inputs.pop("number"))
            told_inputs = told(found, ("name", "externalUrl", "tier", "description"))
            return Existing(id, inputs | told_inputs, _made_environment(inputs, found).outputs)
        return None


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

    def read(self, id: str) -> Existing | None:
        inputs = identity(id, "project", "branch")
        with called(gone=True):
            found = self.project(inputs).protectedbranches.get(inputs["branch"])
            levels = {f"{side}AccessLevel": _level(getattr(found, f"{side}_access_levels")) for side in ("push", "merge")}
            return Existing(id, inputs | levels | told(found, ("allowForcePush",)), _made_protection(inputs, found).outputs)
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

    def read(self, id: str) -> Existing | None:
        inputs = identity(id, "project", "tag")
        with called(gone=True):
            found = self.project(inputs).protectedtags.get(inputs["tag"])
            return Existing(id, inputs | {"createAccessLevel": _level(found.create_access_levels)}, {})
        return None


class ProjectProtectedEnvironment(InProject):
    """`gitlab.ProjectProtectedEnvironment`, with the one access level that may deploy."""

    type: ClassVar = "gitlab:index/projectProtectedEnvironment:ProjectProtectedEnvironment"
    accepts: ClassVar = frozenset({"project", "environment", "deployAccessLevelsAttributes"})
    replaces: ClassVar = accepts

    def create(self, inputs: Properties) -> Made:
        levels = [{"access_level": _LEVELS[level["accessLevel"]]} for level in inputs["deployAccessLevelsAttributes"]]
        with called():
            self.project(inputs).protected_environments.create({"name": inputs["environment"], "deploy_access_levels": levels})
        return Made(f"{inputs['project']}:{inputs['environment']}", {})

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).protected_environments.delete(old.inputs["environment"])

    def find(self, inputs: Properties) -> Made | None:
        with called(gone=True):
            self.project(inputs).protected_environments.get(inputs["environment"])
            return Made(f"{inputs['project']}:{inputs['environment']}", {})
        return None

    def read(self, id: str) -> Existing | None:
        inputs = identity(id, "project", "environment")
        with called(gone=True):
            found = self.project(inputs).protected_environments.get(inputs["environment"])
            levels = [{"accessLevel": _NAMES[level["access_level"]]} for level in found.deploy_access_levels]
            return Existing(id, inputs | {"deployAccessLevelsAttributes": levels}, {})
        return None


def _environment(inputs: Properties) -> dict[str, Any]:
    return body(inputs, ("name", "externalUrl", "tier", "description"))


def _made_environment(inputs: Properties, environment: Any) -> Made:
    return Made(f"{inputs['project']}:{environment.id}", {"slug": environment.slug, "state": environment.state})


def _made_protection(inputs: Properties, branch: Any) -> Made:
    return Made(f"{inputs['project']}:{inputs['branch']}", {"branchProtectionId": branch.id})


def _level(levels: list[dict[str, Any]]) -> str:
    """The one access level of the free tier's plain form."""
    return _NAMES[levels[0]["access_level"]]


KINDS: tuple[type[Handler], ...] = (ProjectEnvironment, ProjectProtectedEnvironment, BranchProtection, TagProtection)
