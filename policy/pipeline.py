"""What GitLab holds: variables, keys, and who may push."""

from collections.abc import Iterator

from policy.resource import UNKNOWN, Resource
from policy.rule import Rule

_ADDRESSES = frozenset(("PULUMI_BACKEND_URL",))
"""Variables that are no secret, and may be too long or too odd to be masked."""


def _protected(resource: Resource) -> Iterator[str]:
    if resource.kind == "gitlab:ProjectVariable" and resource.get("protected") not in (True, UNKNOWN):
        yield f"the variable {resource.get('key')} is given to the pipelines of every branch"


def _masked(resource: Resource) -> Iterator[str]:
    if resource.kind != "gitlab:ProjectVariable" or resource.get("variableType") == "file" or resource.get("key") in _ADDRESSES:
        return
    if resource.get("masked") not in (True, UNKNOWN):
        yield f"the variable {resource.get('key')} would stand in clear in a job's log"


def _scoped(resource: Resource) -> Iterator[str]:
    if resource.kind == "gitlab:ProjectVariable" and resource.get("environmentScope") not in (resource.stack, UNKNOWN):
        yield f"the variable {resource.get('key')} is for the environment {resource.get('environmentScope') or '*'}, not {resource.stack}"


def _read_only(resource: Resource) -> Iterator[str]:
    if resource.kind == "gitlab:DeployKey" and resource.get("canPush") not in (False, None, UNKNOWN):
        yield "it may push"


def _guarded(resource: Resource) -> Iterator[str]:
    if resource.kind == "gitlab:BranchProtection":
        if resource.get("allowForcePush") not in (False, None, UNKNOWN):
            yield f"the branch {resource.get('branch')} may be rewritten"
        if resource.get("pushAccessLevel") not in ("maintainer", "admin", "no one", UNKNOWN):
            yield f"the branch {resource.get('branch')} takes pushes of every {resource.get('pushAccessLevel') or 'developer'}"


RULES = (
    Rule(
        id="SITE-CI-1",
        title="CI variables are protected",
        reason="Whoever can push a branch could print them otherwise.",
        mend="in infra/pipeline.py, give the variable protected=True",
        same=("OWASP CICD-SEC-6",),
        resource=_protected,
    ),
    Rule(
        id="SITE-CI-2",
        title="CI variables that are secret are masked, or files",
        reason="Job logs are read by more people than the variables are for.",
        mend="in infra/pipeline.py, give the variable masked=True, or variable_type='file' where GitLab can't mask it",
        same=("OWASP CICD-SEC-6",),
        resource=_masked,
    ),
    Rule(
        id="SITE-CI-3",
        title="CI variables are scoped to their stack's environment",
        reason="A job of staging would hold production's token otherwise.",
        mend="in infra/pipeline.py, give the variable environment_scope=stack",
        same=("OWASP CICD-SEC-5",),
        resource=_scoped,
    ),
    Rule(
        id="SITE-CI-4",
        title="deploy keys are read-only",
        reason="The deploying pipeline reads commits; a stolen key that can push changes what is deployed.",
        mend="in infra/pipeline.py, give the deploy key can_push=False",
        same=("OWASP CICD-SEC-5",),
        resource=_read_only,
    ),
    Rule(
        id="SITE-CI-5",
        title="protected branches can't be rewritten, and take pushes of maintainers only",
        reason="What is on main is deployed.",
        mend="in infra/pipeline.py, allow_force_push=False and push_access_level='maintainer'",
        same=("checkov CKV_GLB_2", "OWASP CICD-SEC-1"),
        resource=_guarded,
    ),
)
