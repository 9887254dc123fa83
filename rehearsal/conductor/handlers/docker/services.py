"""Services, made and updated; nobody waits here until their tasks run."""

from typing import Any, ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.docker.objects import OnEngine
from rehearsal.conductor.handlers.docker.service_spec import PROPERTIES, service_spec
from rehearsal.conductor.properties import Properties


class Service(OnEngine):
    """`docker.Service` without a `convergeConfig`."""

    type: ClassVar = "docker:index/service:Service"
    accepts: ClassVar = PROPERTIES
    replaces: ClassVar = frozenset({"name"})

    @classmethod
    def replacing(cls, old: Properties, new: Properties) -> list[str]:
        old_container, new_container = (inputs["taskSpec"]["containerSpec"] for inputs in (old, new))
        deep = [f"taskSpec.containerSpec.{name}" for name in ("hosts", "sysctl") if old_container.get(name) != new_container.get(name)]
        kinds = [{*inputs.get("mode", {"replicated"})} for inputs in (old, new)]
        return [*super().replacing(old, new), *deep, *(["mode"] if kinds[0] != kinds[1] else [])]

    def create(self, inputs: Properties) -> Made:
        spec = service_spec(inputs)
        return Made(self.engine.call("POST", "/services/create", body=spec, image=_image(spec))["ID"], {})

    def update(self, old: Existing, new: Properties) -> Properties:
        spec = service_spec(new)
        version = self.engine.call("GET", f"/services/{old.id}")["Version"]["Index"]
        self.engine.call("POST", f"/services/{old.id}/update", body=spec, image=_image(spec), version=version)
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.remove(f"/services/{old.id}")

    def find(self, inputs: Properties) -> Made | None:
        found = self.named("/services", inputs)
        return Made(found["ID"], {}) if found else None


def _image(spec: dict[str, Any]) -> str:
    return str(spec["TaskTemplate"]["ContainerSpec"]["Image"])


KINDS: tuple[type[Handler], ...] = (Service,)
