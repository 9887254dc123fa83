"""Release: the image is fetched and the release command run once, with everything old still serving. Failing here changes nothing."""

import shlex
from collections.abc import Sequence

import pulumi

from infra.connection import CA_FILE
from infra.host import Host, on_host
from infra.registry import Login

# The credential lives in memory for the time of the pull and is gone with the shell, whatever happens.
_PULL = """set -eu
export DOCKER_CONFIG=$(mktemp -d /dev/shm/pull.XXXXXX)
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
read -r user; read -r password
[ -z "$user" ] || printf %s "$password" | docker login --username "$user" --password-stdin {address} >/dev/null 2>&1 || {{
  echo "{address} refused the pull credential" >&2
  exit 1
}}
docker pull --quiet {image} >/dev/null
"""


class Release(pulumi.ComponentResource):
    """What happens once for an image, before any service changes."""

    done: pulumi.Resource
    """What every service waits for."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        host: Host,
        image: str,
        login: Login | None,
        command: str,
        environment: pulumi.Output[str],
        database_ca: str,
        database_id: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Release", name, None, opts)
        address = login.address if login else image.partition("/")[0]
        self.done = on_host(
            f"{name}-pull",
            host=host,
            script=_PULL.format(address=shlex.quote(address), image=shlex.quote(image)),
            stdin=pulumi.Output.format("{0}\n{1}\n", login.user, login.password) if login else "\n\n",
            triggers=[image, host.droplet],
            opts=pulumi.ResourceOptions(parent=self),
        )
        if command:
            self.done = on_host(
                name,
                host=host,
                script=_script(stack, image, command, database_ca),
                stdin=environment,
                # Not for a changed secret: only a new image or a new database has something to migrate.
                triggers=[image, database_id],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.done, *after]),
            )
        self.register_outputs({})


def _script(stack: str, image: str, command: str, database_ca: str) -> str:
    """`docker run` with the site's environment on stdin. Its fixed name keeps a second one from running beside it."""
    options = ["--name", f"release-{stack}", "--env", f"RELEASE={image.partition('@')[2]}", "--entrypoint", "/bin/sh"]
    before = ""
    if database_ca:
        file = "/srv/site/database-ca.crt"
        before = f"printf %s {shlex.quote(database_ca)} > {file} && "
        options += ["--volume", f"{file}:{CA_FILE}:ro"]
    # A shell of its own, so that all of `a && b` or `a; b` runs, and the first that fails ends it.
    inside = f"set -a; . /dev/stdin; set +a; exec /bin/sh -ec {shlex.quote(command)}"
    return before + shlex.join(["docker", "run", "--rm", "--interactive", *options, image, "-c", inside]) + " >&2"
