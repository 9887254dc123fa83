"""Pull: how an image comes to a host, and the credential for it. Without the SDKs of the cloud, which take a second to load: the commands
around the program need it too.
"""

import base64
import json
import shlex

PULL_LIMIT = 600
"""Seconds for one image: a registry that stops answering in the middle does not hold a release for ever."""

# The credential lives in memory for the time of the pull and is gone with the shell, whatever happens.
_PULL = """set -eu
read -r user; read -r password
docker image inspect {image} >/dev/null 2>&1 && exit 0
sizes=$(docker image ls --quiet {repository} | xargs --no-run-if-empty docker image inspect --format '{{{{.Size}}}}')
largest=$(printf '%s\n' "$sizes" | sort -n | tail -n 1)
needed=$(( (${{largest:-0}} * 2 + 1073741824) / 1048576 ))
free=$(df --output=avail --block-size=1M /var/lib/docker | tail -n 1)
if [ "$free" -lt "$needed" ]; then
  echo "the disk has $free MiB free, and an image needs about $needed MiB while it is unpacked; nothing was changed." \
    "See \\`docker system df\\`, remove what is not used with \\`docker image prune --all\\`, or take a larger serverSize" >&2
  exit 1
fi
{login}
timeout {limit} docker pull --quiet {image} >/dev/null 2>"$DOCKER_CONFIG/said" || {{
  case $? in 124) echo "the registry did not deliver {image} within {limit} s" >&2 ;; *) cat "$DOCKER_CONFIG/said" >&2 ;; esac
  ! grep -qiE 'unauthorized|denied|no basic auth' "$DOCKER_CONFIG/said" || echo "{address} refused the pull credential" >&2
  exit 1
}}
"""
_LOGIN = """DOCKER_CONFIG=$(mktemp -d /dev/shm/pull.XXXXXX); export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
[ -z "$user" ] || printf '{{"auths": {{"%s": {{"auth": "%s"}}}}}}' {address} "$(printf '%s:%s' "$user" "$password" | base64 | tr -d '\n')" \
  > "$DOCKER_CONFIG/config.json\""""
"""Uses the credential in `user` and `password` until the shell ends. Not by `docker login`: DigitalOcean's user is the token too, and
would stand in the process list."""


def pull_script(address: str, image: str) -> str:
    """A script that pulls an image with the credential on its stdin (name and password, a line each, both empty for a public image)."""
    return _PULL.format(
        login=_LOGIN.format(address=shlex.quote(address)),
        address=shlex.quote(address),
        image=shlex.quote(image),
        repository=shlex.quote(image.partition("@")[0]),
        limit=PULL_LIMIT,
    )


def basic(docker_config: str) -> tuple[str, str]:
    """User and password of a Docker config file's only entry."""
    entry = next(iter(json.loads(docker_config)["auths"].values()))
    user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    return user, password
