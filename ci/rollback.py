"""What a stack can go back to."""

from ci.release import Release, ReleaseError
from ci.releases import Past, previous


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
