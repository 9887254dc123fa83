"""What belongs to a GitLab project, made through its API with python-gitlab."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from rehearsal.conductor.errors import ConductorError, Unreachable
from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.properties import Properties, changed

if TYPE_CHECKING:
    from gitlab.v4.objects import Project

_LEVELS = {"no one": 0, "developer": 30, "maintainer": 40, "admin": 60}
"""GitLab's access levels by the provider's names."""


class _InProject(Handler):
    """Base class: a noun of one project."""

    @property
    def project(self) -> Callable[[Properties], "Project"]:
        """The project that `inputs` name, by path or number, without a call."""
        return lambda inputs: self.connections.gitlab.projects.get(inputs["project"], lazy=True)


class ProjectVariable(_InProject):
    """`gitlab.ProjectVariable`. Key and scope are its identity."""

    type: ClassVar = "gitlab:index/projectVariable:ProjectVariable"
    accepts: ClassVar = frozenset(
        {"project", "key", "value", "description", "environmentScope", "hidden", "masked", "protected", "raw", "variableType"}
    )
    replaces: ClassVar = frozenset({"project", "key", "environmentScope", "hidden"})

    def create(self, inputs: Properties) -> Made:
        with _called():
            self.project(inputs).variables.create(_variable(inputs))
        return _made_variable(inputs)

    def update(self, old: Existing, new: Properties) -> Properties:
        with _called():
            self.project(new).variables.update(new["key"], _variable(new), filter=_scope(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        with _called(gone=True):
            self.project(old.inputs).variables.delete(old.inputs["key"], filter=_scope(old.inputs))

    def find(self, inputs: Properties) -> Made | None:
        with _called(gone=True):
            self.project(inputs).variables.get(inputs["key"], filter=_scope(inputs))
            return _made_variable(inputs)
        return None


class ProjectDeployToken(_InProject):
    """`gitlab.ProjectDeployToken`. GitLab shows a token once, so the one that a killed run has made is revoked, not adopted."""

    type: ClassVar = "gitlab:index/projectDeployToken:ProjectDeployToken"
    accepts: ClassVar = frozenset({"project", "name", "scopes", "username", "expiresAt"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"username", "token"})

    def create(self, inputs: Properties) -> Made:
        with _called():
            token = self.project(inputs).deploytokens.create(_body(inputs, ("name", "scopes", "username", "expiresAt")))
            return Made(str(token.id), {"username": token.username, "token": token.token})

    def delete(self, old: Existing) -> None:
        with _called(gone=True):
            self.project(old.inputs).deploytokens.delete(int(old.id))

    def find(self, inputs: Properties) -> Made | None:
        with _called():
            for token in self.project(inputs).deploytokens.list(get_all=True):
                if token.name == inputs["name"]:
                    token.delete()
        return None


class DeployKey(_InProject):
    """`gitlab.DeployKey`."""

    type: ClassVar = "gitlab:index/deployKey:DeployKey"
    accepts: ClassVar = frozenset({"project", "title", "key", "canPush", "expiresAt"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    gives: ClassVar = frozenset({"deployKeyId"})

    def create(self, inputs: Properties) -> Made:
        with _called():
            return _made_key(self.project(inputs).keys.create(_body(inputs, ("title", "key", "canPush", "expiresAt"))))

    def delete(self, old: Existing) -> None:
        with _called(gone=True):
            self.project(old.inputs).keys.delete(int(old.id))

    def find(self, inputs: Properties) -> Made | None:
        with _called():
            keys = self.project(inputs).keys.list(get_all=True)
        same = [key for key in keys if key.key.split()[:2] == inputs["key"].split()[:2]]
        return _made_key(same[0]) if same else None


class ProjectEnvironment(_InProject):
    """`gitlab.ProjectEnvironment`. GitLab deletes none that is not stopped."""

    type: ClassVar = "gitlab:index/projectEnvironment:ProjectEnvironment"
    accepts: ClassVar = frozenset({"project", "name", "externalUrl", "tier", "description", "stopBeforeDestroy"})
    replaces: ClassVar = frozenset({"project", "name"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"slug", "state"})

    def create(self, inputs: Properties) -> Made:
        with _called():
            return _made_environment(self.project(inputs).environments.create(_environment(inputs)))

    def update(self, old: Existing, new: Properties) -> Properties:
        if changed(old.inputs, new) != ("stopBeforeDestroy",):
            with _called():
                self.project(new).environments.update(int(old.id), _environment(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        with _called(gone=True):
            environment = self.project(old.inputs).environments.get(int(old.id))
            if old.inputs.get("stopBeforeDestroy"):
                environment.stop()
            environment.delete()

    def find(self, inputs: Properties) -> Made | None:
        with _called():
            found = self.project(inputs).environments.list(name=inputs["name"], get_all=True)
        return _made_environment(found[0]) if found else None


class BranchProtection(_InProject):
    """`gitlab.BranchProtection`. Like the provider it takes over the protection that GitLab gives the default branch."""

    type: ClassVar = "gitlab:index/branchProtection:BranchProtection"
    accepts: ClassVar = frozenset({"project", "branch", "allowForcePush", "mergeAccessLevel", "pushAccessLevel"})
    replaces: ClassVar = frozenset({"project", "branch", "mergeAccessLevel", "pushAccessLevel"})
    gives: ClassVar = frozenset({"branchProtectionId"})

    def create(self, inputs: Properties) -> Made:
        branches = self.project(inputs).protectedbranches
        levels = {f"{side}_access_level": _LEVELS[inputs.get(f"{side}AccessLevel", "maintainer")] for side in ("push", "merge")}
        with _called():
            if self.connections.gitlab.projects.get(inputs["project"]).default_branch == inputs["branch"]:
                with _called(gone=True):
                    branches.delete(inputs["branch"])
            made = branches.create({"name": inputs["branch"], **levels, **_body(inputs, ("allowForcePush",))})
            return _made_protection(inputs, made)

    def update(self, old: Existing, new: Properties) -> Properties:
        with _called():
            request = {"allow_force_push": new.get("allowForcePush", False)}
            self.project(new).protectedbranches.update(new["branch"], request)
        return old.outputs

    def delete(self, old: Existing) -> None:
        with _called(gone=True):
            self.project(old.inputs).protectedbranches.delete(old.inputs["branch"])

    def find(self, inputs: Properties) -> Made | None:
        with _called(gone=True):
            return _made_protection(inputs, self.project(inputs).protectedbranches.get(inputs["branch"]))
        return None


class TagProtection(_InProject):
    """`gitlab.TagProtection`."""

    type: ClassVar = "gitlab:index/tagProtection:TagProtection"
    accepts: ClassVar = frozenset({"project", "tag", "createAccessLevel"})
    replaces: ClassVar = accepts

    def create(self, inputs: Properties) -> Made:
        level = _LEVELS[inputs.get("createAccessLevel", "maintainer")]
        with _called():
            self.project(inputs).protectedtags.create({"name": inputs["tag"], "create_access_level": level})
        return Made(f"{inputs['project']}:{inputs['tag']}", {})

    def delete(self, old: Existing) -> None:
        with _called(gone=True):
            self.project(old.inputs).protectedtags.delete(old.inputs["tag"])

    def find(self, inputs: Properties) -> Made | None:
        with _called(gone=True):
            self.project(inputs).protectedtags.get(inputs["tag"])
            return Made(f"{inputs['project']}:{inputs['tag']}", {})
        return None


@contextmanager
def _called(*, gone: bool = False) -> Iterator[None]:
    """Around calls: errors in our words; with `gone`, what is not there ends the block and is no error."""
    import gitlab
    import requests

    try:
        yield
    except gitlab.GitlabError as error:
        if not (gone and error.response_code == 404):
            raise ConductorError(f"HTTP {error.response_code}: {error.error_message}") from None
    except requests.ConnectionError as error:
        raise Unreachable(f"the GitLab API does not answer: {error}") from None


def _body(inputs: Properties, names: Iterable[str]) -> dict[str, Any]:
    """The API's fields of these input properties; absent ones left out."""
    return {re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name): inputs[name] for name in names if name in inputs}


def _variable(inputs: Properties) -> dict[str, Any]:
    fields = ("key", "value", "description", "environmentScope", "masked", "protected", "raw", "variableType")
    hidden = {"masked_and_hidden": True} if inputs.get("hidden") else {}
    return _body(inputs, fields) | hidden


def _scope(inputs: Properties) -> dict[str, str]:
    return {"environment_scope": inputs.get("environmentScope", "*")}


def _environment(inputs: Properties) -> dict[str, Any]:
    return _body(inputs, ("name", "externalUrl", "tier", "description"))


def _made_variable(inputs: Properties) -> Made:
    return Made(f"{inputs['project']}:{inputs['key']}:{inputs.get('environmentScope', '*')}", {})


def _made_key(key: Any) -> Made:
    return Made(str(key.id), {"deployKeyId": key.id})


def _made_environment(environment: Any) -> Made:
    return Made(str(environment.id), {"slug": environment.slug, "state": environment.state})


def _made_protection(inputs: Properties, branch: Any) -> Made:
    return Made(f"{inputs['project']}:{inputs['branch']}", {"branchProtectionId": branch.id})


KINDS: tuple[type[Handler], ...] = (
    *(ProjectVariable, ProjectDeployToken, DeployKey),
    *(ProjectEnvironment, BranchProtection, TagProtection),
)
