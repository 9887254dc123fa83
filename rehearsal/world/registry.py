"""Container registries: the private one (under both names that a program may give it) and the public hub.

Droplets reach both over TLS under their real names, and can only pull. Pushing goes through a port on 127.0.0.1, where Docker asks
for no known certificate. Credentials are those that the APIs gave out; a change counts from the next request on.
"""

import re
from pathlib import Path

import bcrypt

from rehearsal.cloud.world import RegistryUser, WorldError
from rehearsal.world import network
from rehearsal.world.certificates import Authority
from rehearsal.world.engine import Engine

IMAGE = "rehearsal/cloud"
HOSTS = {"registry": ("registry.gitlab.com", "registry.digitalocean.com"), "hub": ("registry-1.docker.io", "docker.io")}
_ADDRESSES = {"registry": network.REGISTRY, "hub": network.HUB}
_PUSH_PORTS = {"registry": 5443, "hub": 5444}

_CONFIG = """version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: /data}}
  delete: {{enabled: true}}
  maintenance: {{readonly: {{enabled: {readonly}}}}}
http:
  addr: {address}
  {tls}
{auth}
"""
# The storage is looked into because the registry 2.8 has no request that removes one tag: DELETE takes a digest, with all tags of it
# (https://distribution.github.io/distribution/spec/api/#deleting-an-image). It reads each tag's file anew for each request.
_STORED = "/data/docker/registry/v2/repositories"
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_AUTH = "auth: {{htpasswd: {{realm: rehearsal, path: /told/{file}}}}}"


def push_address(registry: str) -> str:
    """Where `docker push` goes for `registry` or `hub`."""
    return f"127.0.0.1:{_PUSH_PORTS[registry]}"


class Registries:
    """Both registries, each one container with two servers over the same storage: one to pull from, one to push to."""

    def __init__(self, engine: Engine, folder: Path, authority: Authority) -> None:
        self._engine, self._folder, self._authority = engine, folder, authority

    def start(self) -> None:
        """Start both, the private one closed to everybody until somebody is let in."""
        for name in HOSTS:
            told = self._folder / name
            told.mkdir(parents=True, exist_ok=True)
            self._authority.issue(*HOSTS[name], "127.0.0.1").write(told / "server.crt", told / "server.key")
            private = name == "registry"
            tls = "tls: {certificate: /told/server.crt, key: /told/server.key}"
            pull = _CONFIG.format(readonly="true", address=":443", tls=tls, auth=_AUTH.format(file="pull") if private else "")
            push = _CONFIG.format(readonly="false", address=":5000", tls=tls, auth=_AUTH.format(file="push") if private else "")
            (told / "pull.yml").write_text(pull)
            (told / "push.yml").write_text(push)
            for file in ("pull", "push"):
                (told / file).touch()
            self._engine.run(
                f"rehearsal-{name}",
                IMAGE,
                network=network.PUBLIC,
                address=_ADDRESSES[name],
                command=["sh", "-c", "docker-registry serve /told/push.yml & exec docker-registry serve /told/pull.yml"],
                init=True,
                volumes={
                    self._engine.ensure_volume(f"rehearsal-{name}"): {"bind": "/data", "mode": "rw"},
                    str(told): {"bind": "/told", "mode": "ro"},
                },
                ports={"5000/tcp": ("127.0.0.1", _PUSH_PORTS[name])},
                restart_policy={"Name": "unless-stopped"},
            )

    def set_users(self, users: list[RegistryUser]) -> None:
        """Let exactly these in: all may pull, those with `write` may push."""
        told = self._folder / "registry"
        for file, allowed in (("pull", users), ("push", [user for user in users if user.write])):
            lines = [f"{user.name}:{bcrypt.hashpw(user.password.encode(), bcrypt.gensalt(5)).decode()}\n" for user in allowed]
            (told / file).write_text("".join(lines))

    def repositories(self) -> list[str]:
        """The paths of all that somebody has pushed to the private registry."""
        script = '[ ! -d "$1" ] || find "$1" -type d -name "_*" -prune -name _manifests'
        found = self._inside(script, _STORED).splitlines()
        return sorted(line.removeprefix(f"{_STORED}/").removesuffix("/_manifests") for line in found)

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository of the private registry; none where the registry can have no such repository."""
        if not _REPOSITORY.fullmatch(repository):
            return []
        return self._inside('[ ! -d "$1" ] || ls -1 "$1"', _tags(repository)).splitlines()

    def remove_tag(self, repository: str, tag: str) -> None:
        """Remove one tag of the private registry. Raises WorldError for what is no name of a repository or tag."""
        if not _REPOSITORY.fullmatch(repository) or not _TAG.fullmatch(tag):
            raise WorldError(f"{repository}:{tag} is no name of an image; allowed is what `docker tag` takes")
        self._inside('rm -rf -- "$1"', f"{_tags(repository)}/{tag}")

    def _inside(self, script: str, path: str) -> str:
        return self._engine.execute("rehearsal-registry", ["sh", "-c", script, "sh", path])


def _tags(repository: str) -> str:
    return f"{_STORED}/{repository}/_manifests/tags"
