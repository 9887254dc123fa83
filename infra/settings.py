"""Settings: the only reader of Pulumi's config. Flat keys are described in Pulumi.yaml; every wrong one is reported at once."""

import contextlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pulumi
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from infra import rules, siblings
from infra.generations import Generations
from infra.problems import ConfigError, Problem, describe, unknown_key
from infra.process import Process
from infra.shapes import Cidr, Domain, Email, HttpsUrl, ImageDigest, PrivateRange, ProjectPath, Region, SshKey

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Settings(BaseModel):
    """Everything that a stack file says, checked. Secrets are `SecretStr`: no message and no repr shows them."""

    # `pulumi config set --path site:env.PORT 2525` writes a number: it is a text to the image all the same.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        coerce_numbers_to_str=True,
    )

    stack: str
    domain: Domain
    aliases: tuple[Domain, ...]
    dns_zone: Domain
    manage_dns_zone: bool
    acme_ca: HttpsUrl
    basic_auth: SecretStr
    noindex: bool
    deploy_site: bool
    image: ImageDigest
    region: Region
    vpc_range: PrivateRange
    renew_server: bool
    server_image: Annotated[str, Field(min_length=1)]
    server_size: str
    server_count: int
    operator_keys: tuple[SshKey, ...]
    ssh_from: tuple[Cidr, ...]
    database_size: str
    database_nodes: Annotated[int, Field(ge=1, le=3)]
    database_version: Literal["16", "17", "18"]
    database_pool: Annotated[int, Field(ge=0)]
    database_ca: str
    proxy_image: Annotated[str, Field(min_length=1)]
    broker_image: str
    database_client_image: Annotated[str, Field(min_length=1)]
    registry: Literal["gitlab", "digitalocean"]
    registry_name: str
    owns_registry: bool
    app_project: ProjectPath
    infra_project: ProjectPath
    owns_gitlab_projects: bool
    gitlab_tier: Literal["free", "premium", "ultimate"]
    allowed_effect: Literal["nothing", "rolled", "downtime", "data"]
    promotion_minutes: Annotated[int, Field(ge=0)]
    broker: Literal["none", "valkey", "rabbitmq"]
    alert_email: Email
    protect: bool
    deploy_check: Literal["none", "advisory", "required"]
    check_command: str
    spaces_region: str
    backup: bool
    backup_time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    backup_keep_days: Annotated[int, Field(ge=1, le=3650)]
    backup_password: SecretStr
    media_bucket: bool
    release_command: str
    keep_releases: Annotated[int, Field(ge=2, le=50)]
    """Read by the commands around the program (ci/stack.py)."""
    state_url: str
    state_access_key: SecretStr
    state_secret_key: SecretStr
    secret_key: SecretStr
    secret_key_fallbacks: SecretStr
    processes: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")], Process]
    env: dict[VariableName, str] = {}
    secrets: dict[VariableName, SecretStr] = {}
    generations: Generations = Generations()
    secret_ages: dict[str, Annotated[int, Field(ge=1)]] = {}
    secret_ages_enforced: bool
    allowed_violations: dict[str, str] = {}
    """Why this stack may break a rule, by the rule's id (policy/README.md)."""
    digitalocean_token: SecretStr = SecretStr("")
    gitlab_token: SecretStr = SecretStr("")

    @classmethod
    def load(cls) -> Self:
        """Read the stack's config. Raises `pulumi.RunError` with all that is wrong with it, before anything is declared."""
        try:
            settings = cls.parse(pulumi.get_stack(), pulumi.runtime.config.CONFIG.get())
            if shared := siblings.problems(settings.stack, Path(__file__).parents[1]):
                raise ConfigError(settings.stack, shared)
        except ConfigError as error:
            raise pulumi.RunError(str(error)) from None
        for warning in rules.warnings(settings):
            pulumi.log.warn(str(warning))
        return settings

    @classmethod
    def parse(cls, stack: str, config: dict[str, str]) -> Self:
        """Settings from config as the engine gives it: `site:key` -> text, structured values as JSON."""
        values: dict[str, Any] = {"stack": stack}
        problems: list[Problem] = []
        known = {to_camel(name): field for name, field in cls.model_fields.items() if name not in _NOT_KEYS}
        for key, text in config.items():
            namespace, _, name = key.partition(":")
            if key in ("digitalocean:token", "gitlab:token"):
                values[f"{namespace}Token"] = text
            elif namespace != "site":
                continue
            elif name not in known:
                problems.append(unknown_key(key, known))
            else:
                values[name] = text if known[name].annotation in _TEXTS or name in _TEXT_KEYS else _structured(text)
        try:
            settings = cls.model_validate(values)
            problems += rules.problems(settings)
        except ValidationError as error:
            problems += [*describe(error, values), *rules.problems(cls._sound(values), partial=True)]
        if problems:
            raise ConfigError(stack, problems)
        return settings

    @classmethod
    def _sound(cls, values: Mapping[str, Any]) -> Self:
        """Settings of those values that are right by themselves, so that the rules over them are told in the same run."""
        sound: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            with contextlib.suppress(ValidationError, KeyError):
                sound[name] = TypeAdapter(field.rebuild_annotation()).validate_python(values[to_camel(name)])
        return cls.model_construct(**sound)

    @cached_property
    def web(self) -> str:
        """The name of the process that serves."""
        return next(name for name, process in self.processes.items() if process.port is not None)

    @cached_property
    def buckets_region(self) -> str:
        """Where buckets are."""
        return self.spaces_region or self.region

    @cached_property
    def stop_grace(self) -> int:
        """The longest of all processes, in seconds."""
        return max(process.stop_grace for process in self.processes.values())


_TEXTS = (str, SecretStr)
_NOT_KEYS = {"stack", "digitalocean_token", "gitlab_token"}
"""Fields that are not set by a key of this program."""
_TEXT_KEYS = {"databaseVersion", "registry", "gitlabTier", "allowedEffect", "broker", "deployCheck"}
"""Keys whose type is a choice of texts: `17` stays a text too."""


def _structured(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
