"""The site's services on its host: what they run, and the way back to it."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from ci.events import Event, Tell
from ci.host import Host, HostError

_LIST = "docker service ls --quiet | xargs --no-run-if-empty docker service inspect"
_WAY_BACK = 300
"""Seconds that services have to be as they were: stop grace and start of each."""


@dataclass(frozen=True)
class Services:
    """By name, as the swarm tells them (Engine API, ServiceInspect)."""

    found: dict[str, dict[str, Any]]

    proxy_image: str = ""

    @classmethod
    def on(cls, host: Host) -> "Services":
        """Look at them now. Raises HostError."""
        every = {service["Spec"]["Name"]: service for service in json.loads(host.run(_LIST) or "[]")}
        site = {name: service for name, service in every.items() if "site.role" in service["Spec"].get("Labels", {})}
        proxy = every.get("proxy", {}).get("Spec", {})
        return cls(site, _template(proxy)["ContainerSpec"]["Image"] if proxy else "")

    @property
    def serving(self) -> str:
        """The name of the one that visitors reach; empty where there is none."""
        return next((name for name, found in self.found.items() if found["Spec"]["Labels"].get("site.role") == "serving"), "")

    @property
    def images(self) -> set[str]:
        """What they run."""
        return {_template(found["Spec"])["ContainerSpec"]["Image"] for found in self.found.values()}

    def changed_from(self, before: "Services") -> list[str]:
        """Names of those that do not run any more what they ran before."""
        both = self.found.keys() & before.found.keys()
        return sorted(name for name in both if _template(self.found[name]["Spec"]) != _template(before.found[name]["Spec"]))

    def put_back(self, before: "Services", host: Host, tell: Tell) -> list[str]:
        """Take back the last update of each that changed, start-first and health-gated as the update was; gives what could not be.

        What the swarm has rolled back by itself has not changed.
        """
        changed, lost = self.changed_from(before), sorted(before.found.keys() - self.found.keys())
        known = [name for name in changed if _template(self.found[name].get("PreviousSpec", {})) == _template(before.found[name]["Spec"])]
        if known:
            tell(Event(kind="said", message=f"{', '.join(known)}: back to the release before"))
            # All at once, and wait: the command ends when the rollback has.
            jobs = "".join(f'docker service rollback --quiet {shlex.quote(name)} >/dev/null & jobs="$jobs $!"\n' for name in known)
            try:
                host.run(f"{jobs}failed=0; for job in $jobs; do wait $job || failed=1; done; exit $failed", limit=_WAY_BACK)
            except HostError as error:
                return [f"{', '.join(known)}: {error}", *(f"{name} is gone" for name in lost)]
        return [f"{name} was changed more than once" for name in changed if name not in known] + [f"{name} is gone" for name in lost]


def _template(spec: dict[str, Any]) -> dict[str, Any]:
    """What its tasks are made of. `ForceUpdate` counts updates, `Runtime` is in some answers only."""
    return {name: value for name, value in spec.get("TaskTemplate", {}).items() if name not in ("ForceUpdate", "Runtime")}
