"""Services, made or updated until their tasks run."""

from typing import Any, ClassVar

from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.docker.convergence import converge
from rehearsal.conductor.handlers.docker.objects import OnEngine
from rehearsal.conductor.handlers.docker.service_spec import PROPERTIES, service_spec
from rehearsal.conductor.properties import Properties


class Service(OnEngine):
    """`docker.Service`. As with the provider, one that never runs is deleted again, and one whose update is rolled back stays as it was."""

    type: ClassVar = "docker:index/service:Service"
    accepts: ClassVar = PROPERTIES | {"convergeConfig"}
    replaces: ClassVar = frozenset({"name"})

    @classmethod
    def replacing(cls, old: Properties, new: Properties) -> list[str]:
        old_container, new_container = (inputs["taskSpec"]["containerSpec"] for inputs in (old, new))
        deep = [f"taskSpec.containerSpec.{name}" for name in ("hosts", "sysctl") if old_container.get(name) != new_container.get(name)]
        kinds = [{*inputs.get("mode", {"replicated"})} for inputs in (old, new)]
        return [*super().replacing(old, new), *deep, *(["mode"] if kinds[0] != kinds[1] else [])]

    def create(self, inputs: Properties) -> Made:
        spec = service_spec(inputs)
        id = self.engine.call("POST", "/services/create", body=spec, image=_image(spec))["ID"]
        try:
            converge(self.engine, id, inputs.get("convergeConfig"))
        except ConductorError:
            self.remove(f"/services/{id}")
            raise
        return Made(id, {})

    def update(self, old: Existing, new: Properties) -> Properties:
        spec = service_spec(new)
        version = self.engine.call("GET", f"/services/{old.id}")["Version"]["Index"]
        self.engine.call("POST", f"/services/{old.id}/update", body=spec, image=_image(spec), version=version)
        converge(self.engine, old.id, new.get("convergeConfig"))
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.remove(f"/services/{old.id}")

    def find(self, inputs: Properties) -> Made | None:
        found = self.named("/services", inputs)
        if found is None:
            return None
        converge(self.engine, found["ID"], inputs.get("convergeConfig"))
        return Made(found["ID"], {})


def _image(spec: dict[str, Any]) -> str:
    return str(spec["TaskTemplate"]["ContainerSpec"]["Image"])


KINDS: tuple[type[Handler], ...] = (Service,)
