"""A site's image asked by its own Django: a script run by `manage.py shell`, on the stack's host, with the environment that runs there."""

import re
import secrets
import shlex
from collections.abc import Mapping

from ci.host import Host
from infra.connection import CA_FILE
from infra.environment import ENV_FILE

LIMIT = 60
MEMORY = 512
"""MiB: Django with a site's apps, once."""
NO_TASK, NO_PROJECT = "no task", "no project"
DIED = re.compile(r"^died: (?:\w+\.)*(\w+)$", re.MULTILINE)

# $2 comes after the site's environment, which may have variables of these names.
_INSIDE = f"""[ -f manage.py ] || {{ echo '{NO_PROJECT}'; exit 0; }}
set -a; . /dev/stdin; eval "$2"; set +a
exec "$(command -v python3 || command -v python)" manage.py shell -c "$1\""""
# Nothing else that the image says leaves the host: a message may hold a connection string.
_KEPT = (
    f"-e '/^{NO_PROJECT}$/p' -e '/^<TAG>.*<\\/TAG>$/p' "
    r"-e 's/^(([A-Za-z_][A-Za-z0-9_]*\.)*[A-Z][A-Za-z0-9_]*(Error|Exception|Configured|NotFound|NotReady|DoesNotExist))(:.*)?$/died: \1/p'"
)
# The environment is only ever in a pipe, and what it is edited by only in memory. The certificate is no secret, and is where the
# environment says.
_OUTSIDE = f"""set -u
change=$(mktemp /dev/shm/change.XXXXXXXX)
trap 'rm -f "$change"' EXIT
cat >"$change"
tasks=$(docker ps --quiet --filter label=com.docker.swarm.service.name={{service}}) || exit
task=$(printf "%s\\n" "$tasks" | head -n 1)
[ -n "$task" ] || {{{{ echo '{NO_TASK}'; exit 0; }}}}
ca=$(mktemp)
trap 'docker rm --force {{name}} >/dev/null 2>&1; rm -f "$ca" "$change"' EXIT
chmod 644 "$ca"
mount=
! docker exec "$task" cat {CA_FILE} >"$ca" 2>/dev/null || mount="--volume $ca:{CA_FILE}:ro"
docker exec "$task" cat {ENV_FILE} 2>/dev/null | sed -f "$change" | timeout {{seconds}} docker run --rm --interactive --pull never \\
  --memory {MEMORY}m $mount {{words}} 2>&1 | sed -nE {{kept}}
"""


def ask(
    host: Host, image: str, *, environment_of: str, tag: str, script: str, given: Mapping[str, str], change: str = "", limit: int = LIMIT
) -> str:
    """What `script` prints in `<tag>…</tag>` on one line; or NO_TASK, NO_PROJECT, or what DIED finds. It has `limit` seconds.

    `environment_of` is the swarm service whose environment it gets, edited by `change` (a script for `sed`, which may hold secrets);
    `given` comes on top. Raises HostError, whose text ends with what the image said last: not to be shown.
    """
    name = f"read-{tag}-{secrets.token_hex(4)}"
    release = ["--env", f"RELEASE={image.partition('@')[2]}"]
    variables = " ".join(f"{key}={shlex.quote(value)}" for key, value in given.items())
    inside = ["-c", _INSIDE, f"read-{tag}", script, variables]
    words = shlex.join(["--name", name, *release, "--entrypoint", "/bin/sh", image, *inside])
    kept = _KEPT.replace("TAG", tag)
    asked = _OUTSIDE.format(service=shlex.quote(environment_of), name=name, words=words, kept=kept, seconds=limit - 10)
    return host.run(asked, stdin=change, limit=limit)
