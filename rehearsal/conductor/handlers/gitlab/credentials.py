"""CI variables, deploy tokens and deploy keys."""

from typing import Any, ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.gitlab.api import InProject, body, called
from rehearsal.conductor.properties import Properties


class ProjectVariable(InProject):
    """`gitlab.ProjectVariable`. Key and scope are its identity."""

    type: ClassVar = "gitlab:index/projectVariable:ProjectVariable"
    accepts: ClassVar = frozenset(
        {"project", "key", "value", "description", "environmentScope", "hidden", "masked", "protected", "raw", "variableType"}
    )
    replaces: ClassVar = frozenset({"project", "key", "environmentScope", "hidden"})

    def create(self, inputs: Properties) -> Made:
        with called():
            self.project(inputs).variables.create(_variable(inputs))
        return _made_variable(inputs)

    def update(self, old: Existing, new: Properties) -> Properties:
        with called():
            self.project(new).variables.update(new["key"], _variable(new), filter=_scope(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).variables.delete(old.inputs["key"], filter=_scope(old.inputs))

    def find(self, inputs: Properties) -> Made | None:
        with called(gone=True):
            self.project(inputs).variables.get(inputs["key"], filter=_scope(inputs))
            return _made_variable(inputs)
        return None


class ProjectDeployToken(InProject):
    """`gitlab.ProjectDeployToken`. GitLab shows a token once, so the one that a killed run has made is revoked, not adopted."""

    type: ClassVar = "gitlab:index/projectDeployToken:ProjectDeployToken"
    accepts: ClassVar = frozenset({"project", "name", "scopes", "username", "expiresAt"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"username", "token"})

    def create(self, inputs: Properties) -> Made:
        with called():
            token = self.project(inputs).deploytokens.create(body(inputs, ("name", "scopes", "username", "expiresAt")))
            return Made(str(token.id), {"username": token.username, "token": token.token})

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).deploytokens.delete(int(old.id))

    def find(self, inputs: Properties) -> Made | None:
        with called():
            for token in self.project(inputs).deploytokens.list(get_all=True):
                if token.name == inputs["name"]:
                    token.delete()
        return None


class DeployKey(InProject):
    """`gitlab.DeployKey`."""

    type: ClassVar = "gitlab:index/deployKey:DeployKey"
    accepts: ClassVar = frozenset({"project", "title", "key", "canPush", "expiresAt"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    gives: ClassVar = frozenset({"deployKeyId"})

    def create(self, inputs: Properties) -> Made:
        with called():
            return _made_key(self.project(inputs).keys.create(body(inputs, ("title", "key", "canPush", "expiresAt"))))

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).keys.delete(int(old.id))

    def find(self, inputs: Properties) -> Made | None:
        with called():
            keys = self.project(inputs).keys.list(get_all=True)
        same = [key for key in keys if key.key.split()[:2] == inputs["key"].split()[:2]]
        return _made_key(same[0]) if same else None


def _variable(inputs: Properties) -> dict[str, Any]:
    fields = ("key", "value", "description", "environmentScope", "masked", "protected", "raw", "variableType")
    hidden = {"masked_and_hidden": True} if inputs.get("hidden") else {}
    return body(inputs, fields) | hidden


def _scope(inputs: Properties) -> dict[str, str]:
    return {"environment_scope": inputs.get("environmentScope", "*")}


def _made_variable(inputs: Properties) -> Made:
    return Made(f"{inputs['project']}:{inputs['key']}:{inputs.get('environmentScope', '*')}", {})


def _made_key(key: Any) -> Made:
    return Made(str(key.id), {"deployKeyId": key.id})


KINDS: tuple[type[Handler], ...] = (ProjectVariable, ProjectDeployToken, DeployKey)
