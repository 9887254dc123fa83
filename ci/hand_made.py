"""What a refresh can't see, because no state has it: made by hand, or left behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ci.cloud import Cloud
from ci.commits import HOSTS
from ci.finding import Finding
from ci.gitlab import GitLab
from ci.host import Host
from ci.passphrase import VARIABLE
from ci.runner import ADDRESS, Access
from ci.state import State

KNOWN_VARIABLES = frozenset({VARIABLE, ADDRESS, HOSTS, "NOTE_TOKEN"})
"""CI variables that people set, as the README says."""
_NETWORKS = frozenset({"bridge", "host", "none", "ingress", "docker_gwbridge"})
"""Docker's own."""
_TYPES = {"service": "docker:index/service:Service", "network": "docker:index/network:Network", "secret": "docker:index/secret:Secret"}
_INSPECT = "xargs --no-run-if-empty docker"
_CONTAINER = '{{.Id}} {{.Name}} {{.HostConfig.AutoRemove}}{{if index .Config.Labels "com.docker.swarm.service.id"}} task{{end}}'
_LIST = f"""set -e
docker service ls --quiet | {_INSPECT} service inspect --format 'service {{{{.ID}}}} {{{{.Spec.Name}}}}'
docker network ls --no-trunc --format 'network {{{{.ID}}}} {{{{.Name}}}}'
docker secret ls --quiet | {_INSPECT} secret inspect --format 'secret {{{{.ID}}}} {{{{.Spec.Name}}}}'
docker ps --quiet --no-trunc | {_INSPECT} inspect --format 'container {_CONTAINER}'
"""


def on_host(host: Host, state: State) -> Iterator[Finding]:
    """Services, networks, secrets and containers of Docker. Those that `docker run --rm` made are going anyway. Raises HostError."""
    for line in host.run(_LIST).splitlines():
        kind, id, name, *more = line.split()
        ours = id in state.ids(_TYPES[kind]) if kind in _TYPES else more != ["false"]
        if not ours and not (kind == "network" and name in _NETWORKS):
            name = name.removeprefix("/")
            remove = f"docker {kind} rm {'--force ' if kind == 'container' else ''}{name}"
            yield Finding(kind="not ours", thing=f"docker {kind} {name} on {host.address}", mend=f"ssh deploy@{host.address} {remove}")


@dataclass(frozen=True, kw_only=True)
class Variables:
    """Of CI, in the projects of a stack."""

    stack: str
    infra: str
    app: str

    def unknown(self, gitlab: GitLab, state: State) -> Iterator[Finding]:
        """Those of the stack's environment that the program did not make, and those of every environment in the project that only
        deploys: the app's own are its people's. Raises CloudError."""
        known = state.ids("gitlab:index/projectVariable:ProjectVariable")
        for path in dict.fromkeys(filter(None, (self.infra, self.app))):
            scopes = {self.stack, "*"} if path == self.infra != self.app else {self.stack}
            with gitlab.project(path) as project:
                for found in project.variables.list(iterator=True):
                    if found.environment_scope in scopes and not self._is_known(path, found, known):
                        thing = f"CI variable {found.key} ({found.environment_scope}) of {path}"
                        yield Finding(
                            kind="not ours",
                            thing=thing,
                            mend=f"glab variable delete {found.key} --scope '{found.environment_scope}' --repo {path}",
                        )

    def _is_known(self, path: str, variable: Any, known: set[str]) -> bool:
        return variable.key in KNOWN_VARIABLES or f"{path}:{variable.key}:{variable.environment_scope}" in known


def in_clouds(cloud: Cloud, access: Access, state: State) -> Iterator[Finding]:
    """What bears the stack's name, and firewalls that runners left open. Raises CloudError."""
    for thing in cloud.orphans(state):
        delete = f"python -m ci recover --stack {cloud.stack} --delete {thing.kind}/{thing.id}"
        yield Finding(kind="not ours", thing=f"digitalocean {thing.kind} {thing.name} ({thing.id})", mend=delete)
    for firewall in access.left():
        close = f"python -m ci runner close --stack {cloud.stack}"
        yield Finding(kind="not ours", thing=f"digitalocean Firewall {firewall['name']}, left open by a job", mend=close)
