"""Rules over several config values at once. `problems` stop a run before anything is declared; `warnings` don't."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra import allowances, bucket, capacity, placeholders, sizes
from infra.access import blob
from infra.ages import LIMITS
from infra.masking import maskable
from infra.problems import Problem
from policy.network import WORLD

if TYPE_CHECKING:
    from infra.settings import Settings

_BLOCKED_MAIL_PORTS = {"25", "465", "587"}
VISITOR = re.compile(r"[\w.-]+")
WEAK = ("changeme", "change-me", "secret", "insecure", "password", "example", "placeholder", "todo")


def problems(settings: Settings, *, partial: bool = False) -> list[Problem]:
    """Everything that can't work, or must not be. Where `partial`, values that are wrong by themselves are not there, and a rule
    that needs one of them is left for the next run."""
    found: list[Problem] = []
    for rule in (
        _site,
        _names,
        _access,
        allowances.problems,
        _processes,
        capacity.memory,
        capacity.database,
        _secrets,
        _placeholders,
        _registry,
        _pipeline,
        bucket.problems,
    ):
        try:
            found += rule(settings)
        except AttributeError:
            if not partial:
                raise
    return found


def warnings(settings: Settings) -> list[Problem]:
    """What works here, but surprises later."""
    found = []
    for name, value in settings.env.items():
        if name.upper() in ("EMAIL_PORT", "SMTP_PORT") and value in _BLOCKED_MAIL_PORTS:
            found.append(
                Problem(
                    f"site:env.{name}",
                    "DigitalOcean blocks outgoing mail on this port; use 2525 or your provider's API",
                    got=value,
                    mend=f"pulumi config set --path site:env.{name} 2525",
                )
            )
    for network in settings.ssh_from:
        if network in WORLD:
            found.append(Problem("site:sshFrom", "opens ssh to the whole world; name the networks that you come from", got=network))
    if not settings.dns_zone:
        found.append(Problem("site:dnsZone", "is empty: point the domain at the exported address where your DNS is kept"))
    return found


def _site(settings: Settings) -> Iterator[Problem]:
    if not settings.domain:
        yield Problem("site:domain", "is missing: the name of the site", mend="pulumi config set site:domain www.example.com")
    if settings.deploy_site and not settings.image:
        yield Problem(
            "site:image",
            "is missing: what to run, by digest. Before there is a registry to push to, leave the site out",
            mend="pulumi config set site:image REPOSITORY@sha256:… (or: pulumi config set site:deploySite false)",
        )
    if settings.deploy_check != "none" and not settings.check_command.strip():
        yield Problem(
            "site:checkCommand",
            "is empty: what checks the image. To release without a check: pulumi config set site:deployCheck none",
            mend='pulumi config set site:checkCommand "python3 manage.py check --deploy --fail-level WARNING"',
        )
    if settings.server_count != 1:
        yield Problem("site:serverCount", "must be 1: more than one server is not there yet", got=settings.server_count)


def _names(settings: Settings) -> Iterator[Problem]:
    zone = settings.dns_zone
    if settings.manage_dns_zone and not zone:
        yield Problem("site:manageDnsZone", "needs the zone that it manages", mend="pulumi config set site:dnsZone example.com")
    for name in (settings.domain, *settings.aliases):
        if zone and name and name != zone and not name.endswith(f".{zone}"):
            yield Problem("site:dnsZone", f"does not hold {name}", got=zone, mend='pulumi config set site:dnsZone ""')
    if twice := {name for name in settings.aliases if settings.aliases.count(name) > 1}:
        yield Problem("site:aliases", "names a host twice", got=", ".join(sorted(twice)))
    if settings.domain in settings.aliases:
        yield Problem("site:aliases", "names the domain itself, which would redirect to itself", got=settings.domain)


def _access(settings: Settings) -> Iterator[Problem]:
    if not settings.operator_keys:
        yield Problem(
            "site:operatorKeys",
            "needs at least one public ssh key: the first `up` reaches the new server with it",
            mend='pulumi config set --path "site:operatorKeys[0]" "$(cat ~/.ssh/id_ed25519.pub)"',
        )
    blobs = [blob(key) for key in settings.operator_keys]
    for place, key in enumerate(settings.operator_keys):
        if blobs.index(blob(key)) < place:
            yield Problem(f"site:operatorKeys.{place}", "is the same key as another one", got=key)
    if not settings.ssh_from:
        yield Problem(
            "site:sshFrom",
            "needs at least one network that may open ssh connections",
            mend='pulumi config set --path "site:sshFrom[0]" 203.0.113.7/32',
        )
    basic = settings.basic_auth.get_secret_value()
    name, _, password = basic.partition(":")
    if basic and (not VISITOR.fullmatch(name) or not 8 <= len(password.encode()) <= 72):
        yield Problem(
            "site:basicAuth",
            "must be name:password, a name of letters, digits, dots and dashes, and 8 to 72 bytes of password (bcrypt reads no more)",
            mend="pulumi config set --secret site:basicAuth",
        )


def _processes(settings: Settings) -> Iterator[Problem]:
    serving = [name for name, process in settings.processes.items() if process.port is not None]
    if len(serving) != 1:
        yield Problem(
            "site:processes",
            "exactly one process serves the site and has a port",
            got=", ".join(serving) or "none with a port",
            mend="pulumi config set --path site:processes.web.port 8000",
        )
    for name, process in settings.processes.items():
        if process.singleton and process.replicas > 1:
            yield Problem(f"site:processes.{name}.replicas", "a singleton runs once", got=process.replicas, mend=f"{name}: {{replicas: 1}}")
        if process.port is not None and process.health is None:
            yield Problem(
                f"site:processes.{name}.health",
                "the process that serves needs the path of its health check",
                mend=f"{name}: {{health: /healthz}}",
            )
        if process.port is not None and process.singleton:
            yield Problem(f"site:processes.{name}.singleton", "the process that serves can't be a singleton: a release runs two at once")
        processors = sizes.processors(settings.server_size)
        if process.cpus > processors:
            yield Problem(
                f"site:processes.{name}.cpus",
                f"is more than the {processors} of {settings.server_size}: Docker would not start it",
                got=process.cpus,
                mend=f"{name}: {{cpus: {processors}}}",
            )
        if name in ("proxy", "broker"):
            yield Problem(f"site:processes.{name}", "this name is the program's own", mend="call it something else")
        for volume in sorted(process.volumes.keys() & {"proxy", "broker"}):
            yield Problem(f"site:processes.{name}.volumes.{volume}", "this name is the program's own", mend="call it something else")
        for other, shared in settings.processes.items():
            if common := sorted(process.volumes.keys() & shared.volumes.keys()) if process.user != shared.user and name < other else []:
                yield Problem(
                    f"site:processes.{name}.user",
                    f"must be that of {other}: the files of {common[0]}, which they share, have one owner",
                    got=process.user,
                    mend=f"{name}: {{user: {shared.user}}}" if shared.user is not None else f"take user from {name}",
                )


def _secrets(settings: Settings) -> Iterator[Problem]:
    key = settings.secret_key.get_secret_value()
    mend = "openssl rand -base64 48 | pulumi config set --secret site:secretKey"
    if not key:
        yield Problem("site:secretKey", "is missing: Django's SECRET_KEY", mend=mend)
    elif len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-") or any(word in key.lower() for word in WEAK):
        yield Problem(
            "site:secretKey",
            "is weak: at least 50 characters, 5 different ones, and no placeholder (Django's check security.W009)",
            mend=mend,
        )
    for name in settings.secret_ages:
        if name not in LIMITS and name.removeprefix("secrets.") not in settings.secrets:
            yield Problem(f"site:secretAges.{name}", f"is no secret of this stack; there are {', '.join(LIMITS)} and secrets.NAME")
    for name in settings.env.keys() & settings.secrets.keys():
        yield Problem(f"site:env.{name}", "is in `secrets` too", mend=f"pulumi config rm --path site:env.{name}")


def _placeholders(settings: Settings) -> Iterator[Problem]:
    texts = {f"site:env.{name}": value for name, value in settings.env.items()}
    texts |= {f"site:secrets.{name}": value.get_secret_value() for name, value in settings.secrets.items()}
    for key, text in texts.items():
        for name in sorted(placeholders.used(text)):
            if name not in placeholders.NAMES:
                yield Problem(key, f"{{{name}}} is no placeholder; there are {', '.join(f'{{{n}}}' for n in placeholders.NAMES)}")
            elif name.startswith("database.pool.") and not settings.database_pool:
                yield Problem(key, f"{{{name}}} needs a pool", mend="pulumi config set site:databasePool 10")
            elif name == "broker.url" and settings.broker == "none":
                yield Problem(key, "{broker.url} needs a broker", mend="pulumi config set site:broker valkey")


def _registry(settings: Settings) -> Iterator[Problem]:
    if settings.registry == "digitalocean" and not settings.registry_name:
        yield Problem(
            "site:registryName", "is missing: the registry's name in the account", mend="pulumi config set site:registryName NAME"
        )
    if settings.owns_registry and settings.registry != "digitalocean":
        yield Problem(
            "site:ownsRegistry", "only a DigitalOcean registry is made by this program", mend="pulumi config set site:ownsRegistry false"
        )


def _pipeline(settings: Settings) -> Iterator[Problem]:
    """A secret that GitLab can't mask would stand in clear in a job's log."""
    if not settings.infra_project:
        return
    for key, secret in {
        "digitalocean:token": settings.digitalocean_token,
        "gitlab:token": settings.gitlab_token,
        "site:stateAccessKey": settings.state_access_key,
        "site:stateSecretKey": settings.state_secret_key,
    }.items():
        if secret.get_secret_value() and not maskable(secret.get_secret_value()):
            yield Problem(
                key,
                "can't be masked by GitLab, and becomes a CI variable: one line, at least 8 characters, no white space",
                mend=f"pulumi config set --secret {key}",
            )
