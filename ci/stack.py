"""A stack of the Pulumi CLI, ready to be released: its state, its host, its registry."""

import functools
import os

from ci import config_file
from ci.cli import Cli
from ci.cloud import token
from ci.deployment import PulumiDeployment
from ci.events import Tell
from ci.host import Host
from ci.recovery import recover
from ci.registry_tags import in_digitalocean, tags_of
from ci.release import Release, ReleaseError
from ci.releases import Credentials, Releases

_TOKENS = {True: ("DIGITALOCEAN_TOKEN", "digitalocean:token"), False: ("GITLAB_TOKEN", "gitlab:token")}
"""By whether the registry is DigitalOcean's: the variable and the key of the config."""


def release_of(cli: Cli, tell: Tell, *, settled: bool = True) -> Release:
    """A stack of the Pulumi CLI; `settled`: put right first where a run was killed. Raises ReleaseError where a person has to decide."""
    deployment = PulumiDeployment(cli)
    if settled and deployment.interrupted:
        if undecided := recover(cli, tell, decided={}).undecided:
            raise ReleaseError("\n".join(undecided))
        deployment = PulumiDeployment(cli)
    # The CLI takes half a second for each.
    token_of = functools.cache(lambda digitalocean: token(cli, *_TOKENS[digitalocean]))
    return Release(
        deployment=deployment,
        host_of=lambda address, key: Host(address=address, key=key, environment=cli.environment),
        releases_of=lambda image: _releases(cli, image, token_of(in_digitalocean(image))),
        tags_of=lambda repository: tags_of(cli.stack, repository, token_of(in_digitalocean(repository))),
        tell=tell,
        ca_file=os.environ.get("SSL_CERT_FILE"),
    )


def releases(cli: Cli, image: str) -> Releases | None:
    """With the token that may push to the registry of this image; None where there is none."""
    return _releases(cli, image, token(cli, *_TOKENS[in_digitalocean(image)]))


def _releases(cli: Cli, image: str, token: str) -> Releases | None:
    """With the token that may push to the registry of this image."""
    if not token:
        return None
    who = Credentials(name=token if in_digitalocean(image) else "ci", password=token)
    return Releases(
        cli.stack,
        image,
        who,
        keep=int(config_file.of(cli)["site:keepReleases"]),
        reached_at=os.environ.get("SITE_REGISTRY", ""),
        ca_file=os.environ.get("SSL_CERT_FILE"),
    )
