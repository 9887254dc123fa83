"""Images of the site on its host: fetched before anything changes, and taken away when nothing could want them any more."""

import shlex
from collections.abc import Collection

from ci.host import Host
from infra.pull import PULL_LIMIT, pull_script

_REMOVE = """while read -r image; do
  # Tasks that have ended keep their image. One that runs does too, and shall.
  docker ps --all --quiet --filter "ancestor=$image" --filter status=exited --filter status=dead --filter status=created |
    xargs --no-run-if-empty docker rm >/dev/null
  ! docker rmi "$image" >/dev/null 2>&1 || echo "$image"
done"""


def pull(host: Host, image: str, login: dict[str, str] | None) -> None:
    """Fetch an image as the program would. Raises HostError."""
    credential = f"{login['username']}\n{login['password']}\n" if login else "\n\n"
    host.run(pull_script(login["address"] if login else image.partition("/")[0], image), stdin=credential, limit=PULL_LIMIT + 30)


def present(host: Host, repository: str) -> set[str]:
    """The images of a repository on the host, by digest. Raises HostError."""
    lines = host.run(f"docker image ls --digests --format '{{{{.Repository}}}}@{{{{.Digest}}}}' {shlex.quote(repository)}").split()
    return {line for line in lines if "@sha256:" in line}


def remove(host: Host, unwanted: Collection[str]) -> list[str]:
    """Remove images with the ended containers of them; gives those that went, which one that is in use does not. Raises HostError."""
    return host.run(_REMOVE, stdin="".join(f"{image}\n" for image in sorted(unwanted)), limit=120).split()
