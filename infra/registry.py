"""Registry: where images live, and the credentials that can pull them and nothing else."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import pulumi
import pulumi_command as command
import pulumi_digitalocean as do
import pulumi_gitlab as gitlab

from infra.generations import numbered
from infra.pull import basic

DIGITALOCEAN = "registry.digitalocean.com"
# A year: long enough not to surprise a quiet project, short enough to end. Renewed by another generation.
PULL_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who may pull, where. `user` and `password` are secrets."""

    address: str
    user: pulumi.Output[str]
    password: pulumi.Output[str]

    @property
    def fingerprint(self) -> pulumi.Output[str]:
        """Says that the credential changed without saying what it is."""
        both = pulumi.Output.all(self.user, self.password)
        return pulumi.Output.unsecret(both.apply(lambda parts: hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]))


class Registry(pulumi.ComponentResource):
    """GitLab's registry of the app's project, or a DigitalOcean registry (made by one stack, named by the other)."""

    login: Login | None
    """None where nothing is known about the registry: its images are public."""
    push: pulumi.Output[str] | None
    """A Docker config (JSON) that may push, for the app's pipeline; a secret. None for GitLab's registry: each job has its own token."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        kind: str,
        registry_name: str,
        owns_registry: bool,
        region: str,
        app_project: str,
        generation: int,
        image: str,
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Registry", name, None, opts)
        self.login = self.push = None
        if kind == "digitalocean":
            self.login = self._digitalocean(
                name, registry_name, app_project, generation, owns=owns_registry, region=region, protect=protect
            )
        elif app_project:
            token = gitlab.ProjectDeployToken(
                numbered(name, generation),
                project=app_project,
                name=numbered(f"pull-{stack}", generation),
                scopes=["read_registry"],
                expires_at=self._in_a_year(numbered(f"{name}-since", generation), app_project),
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
            )
            address = image.partition("/")[0] or "registry.gitlab.com"
            self.login = Login(address=address, user=pulumi.Output.secret(token.username), password=pulumi.Output.secret(token.token))
        self.register_outputs({})

    def _in_a_year(self, name: str, project: str) -> pulumi.Output[str]:
        """From when a generation of it was first wanted, so that it is the same on every run; as GitLab's provider reads it back."""
        clock = command.local.Command(
            name,
            create="date -u +%Y-%m-%dT%H:%M:%SZ",
            update='printf %s "$PULUMI_COMMAND_STDOUT"',
            triggers=[project],
            logging=command.local.Logging.STDERR,
            add_previous_output_in_env=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return clock.stdout.apply(
            lambda text: f"{datetime.fromisoformat(text.strip()) + timedelta(seconds=PULL_SECONDS):%Y-%m-%dT%H:%M:%SZ}"
        )

    def _digitalocean(
        self, name: str, registry_name: str, app_project: str, generation: int, *, owns: bool, region: str, protect: bool
    ) -> Login:
        above: list[pulumi.Resource] = []
        if owns:
            registry = do.ContainerRegistry(
                name,
                name=registry_name,
                subscription_tier_slug="basic",
                region=region,
                opts=pulumi.ResourceOptions(parent=self, protect=protect, delete_before_replace=False),
            )
            above = [registry]

        def credentials(logical: str, *, write: bool) -> pulumi.Output[str]:
            made = do.ContainerRegistryDockerCredentials(
                logical,
                registry_name=registry_name,
                write=write,
                expiry_seconds=PULL_SECONDS,
                # Deleting one calls an address outside of the API and crashes the provider where it can't be reached:
                # `python -m ci rotate registry` revokes the old ones.
                opts=pulumi.ResourceOptions(parent=self, depends_on=above, retain_on_delete=True),
            )
            return pulumi.Output.secret(made.docker_credentials)

        self.push = credentials(f"{name}-push-{generation}", write=True) if app_project else None
        secret = credentials(f"{name}-{generation}", write=False)
        return Login(
            address=DIGITALOCEAN, user=secret.apply(lambda text: basic(text)[0]), password=secret.apply(lambda text: basic(text)[1])
        )
