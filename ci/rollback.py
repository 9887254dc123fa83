"""What a stack can go back to."""

import os

from ci.cli import Cli
from ci.cloud import token
from ci.deployment import PulumiDeployment
from ci.events import Tell
from ci.host import Host
from ci.recovery import recover
from ci.registry_tags import in_digitalocean, tags_of
from ci.release import Release, ReleaseError
from ci.releases import Credentials, Past, Releases, previous


def history(release: Release) -> list[Past]:
    """The good releases of what runs, oldest first. Raises ReleaseError where nothing does."""
    running = str(release.deployment.exports().get("image") or "")
    if not running:
        raise ReleaseError(f"nothing runs on {release.deployment.stack} yet")
    releases = release.releases_of(running)
    return releases.all() if releases else []


def target(release: Release, wanted: str) -> str:
    """The image to go back to: the one that `wanted` (a digest) means, or the one before. Raises ReleaseError with the choice there is."""
    found, running = history(release), str(release.deployment.exports()["image"])
    repository, _, digest = running.partition("@")
    if wanted:
        chosen = wanted.rpartition("@")[2]
        if found and chosen not in {past.digest for past in found}:
            raise ReleaseError(f"--to {wanted}: never was a good release of {release.deployment.stack}; there are {_named(found)}")
        return f"{repository}@{chosen}"
    if before := previous(found, digest):
        return f"{repository}@{before.digest}"
    raise ReleaseError(
        f"there is no release before {digest}, which runs; name one: python -m ci rollback --stack {release.deployment.stack}"
        f" --to sha256:…{f' ({_named(found)})' if found else ''}"
    )


def _named(found: list[Past]) -> str:
    return ", ".join(f"{past.number}: {past.digest}" for past in found)


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
        releases_of=lambda image: _releases(cli, image),
        tags_of=lambda repository: tags_of(cli.stack, repository, _token(cli, repository)),
        tell=tell,
        ca_file=os.environ.get("SSL_CERT_FILE"),
    )


def _releases(cli: Cli, image: str) -> Releases | None:
    """With the token that may push to the registry of this image."""
    found = _token(cli, image)
    if not found:
        return None
    who = Credentials(name=found if in_digitalocean(image) else "ci", password=found)
    return Releases(cli.stack, image, who, reached_at=os.environ.get("SITE_REGISTRY", ""), ca_file=os.environ.get("SSL_CERT_FILE"))


def _token(cli: Cli, image: str) -> str:
    digitalocean = in_digitalocean(image)
    return token(cli, *(("DIGITALOCEAN_TOKEN", "digitalocean:token") if digitalocean else ("GITLAB_TOKEN", "gitlab:token")))
