"""Pipeline: what GitLab knows, so that it can run this program: variables, keys, environments, and which branches may deploy."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gitlab as gitlab
import pulumi_tls as tls
from pydantic import SecretStr

from infra.generations import numbered
from infra.masking import maskable


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A CI variable: a secret that GitLab masks, or a file where it can't."""

    value: pulumi.Input[str]
    file: bool = False
    masked: bool = True
    hidden: bool = True
    """Nobody can read it in GitLab's pages again, where it is masked (since GitLab 17.4)."""


def variables(
    digitalocean_token: SecretStr,
    gitlab_token: SecretStr,
    state_url: str,
    state_access_key: SecretStr,
    state_secret_key: SecretStr,
    ci_key: pulumi.Output[str],
) -> dict[str, Variable]:
    """What the pipeline needs to run `pulumi up` for one stack; what is empty in config is left out.

    The passphrase of the stack is not among them: it is set once by hand, never through config.
    """
    texts = {
        "DIGITALOCEAN_TOKEN": digitalocean_token.get_secret_value(),
        "GITLAB_TOKEN": gitlab_token.get_secret_value(),
        "PULUMI_BACKEND_URL": state_url,
        "AWS_ACCESS_KEY_ID": state_access_key.get_secret_value(),
        "AWS_SECRET_ACCESS_KEY": state_secret_key.get_secret_value(),
    }
    # Where the state is, is no secret: people may read it again.
    found = {key: Variable(value=text, masked=maskable(text), hidden=key != "PULUMI_BACKEND_URL") for key, text in texts.items() if text}
    return {**found, "SSH_KEY": Variable(value=ci_key, file=True)}


class Pipeline(pulumi.ComponentResource):
    """Everything declared on the two GitLab projects. Neither project itself is owned: their settings are their people's."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        app_project: str,
        infra_project: str,
        owns_projects: bool,
        protected_environment: bool,
        url: pulumi.Input[str],
        deploy_key_generation: int,
        variables: Mapping[str, Variable],
        push: pulumi.Output[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`protected_environment`: maintainers alone deploy. A tier without it (free) has the protected branch for that.

        https://docs.gitlab.com/ci/environments/protected_environments/
        """
        super().__init__("site:infra:Pipeline", name, None, opts)
        for project in dict.fromkeys(filter(None, (infra_project, app_project))):
            made = gitlab.ProjectEnvironment(
                f"{name}-{project}",
                project=project,
                name=stack,
                external_url=url,
                tier=stack,
                stop_before_destroy=True,
                opts=self._unique(),
            )
            if protected_environment and project == infra_project:
                gitlab.ProjectProtectedEnvironment(
                    name,
                    project=project,
                    environment=made.name,
                    deploy_access_levels_attributes=[{"access_level": "maintainer"}],
                    opts=self._unique(),
                )
        if infra_project:
            for key, variable in variables.items():
                self._variable(infra_project, stack, key, variable)
        if app_project and infra_project:
            self._deploy_key(name, deploy_key_generation, stack, app_project, infra_project)
        if app_project and push:
            self._variable(app_project, stack, "REGISTRY_AUTH", Variable(value=push, file=True))
        if owns_projects:
            for project in dict.fromkeys(filter(None, (infra_project, app_project))):
                self._guard(name, project)
        self.register_outputs({})

    def _unique(self) -> pulumi.ResourceOptions:
        """GitLab refuses a second object of the same name, so that a replacement must be delete before create."""
        return pulumi.ResourceOptions(parent=self, delete_before_replace=True)

    def _variable(self, project: str, stack: str, key: str, variable: Variable) -> None:
        gitlab.ProjectVariable(
            key,
            project=project,
            key=key,
            value=pulumi.Output.secret(variable.value),
            variable_type="file" if variable.file else "env_var",
            protected=True,
            masked=variable.masked and not variable.file,
            hidden=variable.hidden and variable.masked and not variable.file,
            raw=True,
            environment_scope=stack,
            description=f"Set by the stack {stack}.",
            opts=self._unique(),
        )

    def _deploy_key(self, name: str, generation: int, stack: str, app_project: str, infra_project: str) -> None:
        """A read-only key on the app's project: the deploying pipeline reads a release's commits and migrations with it."""
        pair = tls.PrivateKey(numbered(f"{name}-deploy", generation), algorithm="ED25519", opts=pulumi.ResourceOptions(parent=self))
        made = gitlab.DeployKey(
            numbered(name, generation),
            project=app_project,
            title=f"{stack}, read only",
            key=pair.public_key_openssh.apply(str.strip),
            can_push=False,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        # The pipeline gets it once it is let in.
        given: pulumi.Output[str] = pulumi.Output.all(pair.private_key_openssh, made.id).apply(lambda both: str(both[0]))
        self._variable(infra_project, stack, "DEPLOY_KEY", Variable(value=given, file=True))

    def _guard(self, name: str, project: str) -> None:
        gitlab.BranchProtection(
            f"{name}-{project}",
            project=project,
            branch="main",
            push_access_level="maintainer",
            merge_access_level="developer",
            allow_force_push=False,
            opts=self._unique(),
        )
        gitlab.TagProtection(f"{name}-{project}", project=project, tag="v*", create_access_level="maintainer", opts=self._unique())
