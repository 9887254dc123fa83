"""A stack of the Pulumi CLI, ready to be released: its state, its host, its registry."""

import os

from ci.cli import Cli
from ci.cloud import token
from ci.deployment import PulumiDeployment
from ci.events import Tell
from ci.host import Host
from ci.recovery import recover
from ci.registry_tags import in_digitalocean, tags_of
from ci.release import Release, ReleaseError
from ci.releases import Credentials, Releases


def release_of(cli: Cli, tell: Tell, *, settled: bool = True) -> Release:
    """A stack of the Pulumi CLI; `settled`: put right first where a run was killed. Raises ReleaseError where a person has to decide."""
    deployment = PulumiDeployment(cli)
    if settled and deployment.interrupted:
        if undecided := recover(cli, tell, decided={}).undecided:
            raise ReleaseError("\n".join(undecided))
        deployment = PulumiDeployment(cli)
    return Release(
        deployment=deployment,
        host_of=lambda address, key: Host(address=address, key=key, environment=cli.environment),
        releases_of=lambda image: releases(cli, image),
        tags_of=lambda repository: tags_of(cli.stack, repository, _token(cli, repository)),
        tell=tell,
        ca_file=os.environ.get("SSL_CERT_FILE"),
    )


def releases(cli: Cli, image: str) -> Releases | None:
    """With the token that may push to the registry of this image."""
    found = _token(cli, image)
    if not found:
        return None
    who = Credentials(name=found if in_digitalocean(image) else "ci", password=found)
    return Releases(cli.stack, image, who, reached_at=os.environ.get("SITE_REGISTRY", ""), ca_file=os.environ.get("SSL_CERT_FILE"))


def _token(cli: Cli, image: str) -> str:
    digitalocean = in_digitalocean(image)
    return token(cli, *(("DIGITALOCEAN_TOKEN", "digitalocean:token") if digitalocean else ("GITLAB_TOKEN", "gitlab:token")))
