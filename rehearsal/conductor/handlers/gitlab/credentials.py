"""CI variables, deploy tokens and deploy keys."""

from datetime import datetime
from typing import Any, ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.gitlab.api import InProject, body, called, identity, number, told
from rehearsal.conductor.properties import Properties

_DEFAULTS = {"description": "", "masked": False, "protected": False, "raw": False, "variableType": "env_var"}
"""What a variable goes back to where a program no longer says it: GitLab itself would keep the old."""


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
            self.project(new).variables.update(new["key"], _variable(_DEFAULTS | new), filter=_scope(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).variables.delete(old.inputs["key"], filter=_scope(old.inputs))

    def find(self, inputs: Properties) -> Made | None:
        with called(gone=True):
            self.project(inputs).variables.get(inputs["key"], filter=_scope(inputs))
            return _made_variable(inputs)
        return None

    def read(self, id: str) -> Existing | None:
        inputs = identity(id, "project", "key", "environmentScope")
        with called(gone=True):
            found = self.project(inputs).variables.get(inputs["key"], filter=_scope(inputs))
            shown = () if found.hidden else ("value",)
            names = ("description", "hidden", "masked", "protected", "raw", "variableType", *shown)
            return Existing(id, inputs | told(found, names), {})
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
            return Made(f"{inputs['project']}:{token.id}", {"username": token.username, "token": token.token})

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).deploytokens.delete(number(old.id))

    def find(self, inputs: Properties) -> Made | None:
        with called():
            for token in self.project(inputs).deploytokens.list(get_all=True):
                if token.name == inputs["name"]:
                    token.delete()
        return None

    def read(self, id: str) -> Existing | None:
        inputs = identity(id, "project", "number")
        with called(gone=True):
            token = self.project(inputs).deploytokens.get(inputs.pop("number"))
            known = told(token, ("name", "scopes", "username"))
            return Existing(id, inputs | known | {"expiresAt": _whole_seconds(token.expires_at)}, {"username": token.username})
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
            return _made_key(inputs, self.project(inputs).keys.create(body(inputs, ("title", "key", "canPush", "expiresAt"))))

    def delete(self, old: Existing) -> None:
        with called(gone=True):
            self.project(old.inputs).keys.delete(number(old.id))

    def find(self, inputs: Properties) -> Made | None:
        with called():
            keys = self.project(inputs).keys.list(get_all=True)
        same = [key for key in keys if key.key.split()[:2] == inputs["key"].split()[:2]]
        return _made_key(inputs, same[0]) if same else None

    def read(self, id: str) -> Existing | None:
        inputs = identity(id, "project", "number")
        with called(gone=True):
            key = self.project(inputs).keys.get(inputs.pop("number"))
            return Existing(id, inputs | told(key, ("title", "key", "canPush", "expiresAt")), _made_key(inputs, key).outputs)
        return None


def _whole_seconds(moment: str | None) -> str | None:
    """As GitLab's provider writes it (RFC 3339); the API writes milliseconds too."""
    return moment and f"{datetime.fromisoformat(moment):%Y-%m-%dT%H:%M:%SZ}"


def _variable(inputs: Properties) -> dict[str, Any]:
    fields = ("key", "value", "description", "environmentScope", "masked", "protected", "raw", "variableType")
    hidden = {"masked_and_hidden": True} if inputs.get("hidden") else {}
    return body(inputs, fields) | hidden


def _scope(inputs: Properties) -> dict[str, str]:
    return {"environment_scope": inputs.get("environmentScope", "*")}


def _made_variable(inputs: Properties) -> Made:
    return Made(f"{inputs['project']}:{inputs['key']}:{inputs.get('environmentScope', '*')}", {})


def _made_key(inputs: Properties, key: Any) -> Made:
    return Made(f"{inputs['project']}:{key.id}", {"deployKeyId": key.id})


KINDS: tuple[type[Handler], ...] = (ProjectVariable, ProjectDeployToken, DeployKey)
