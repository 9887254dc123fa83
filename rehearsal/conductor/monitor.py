"""Pulumi's own test monitor, with somebody behind it who makes things real."""

from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2

from rehearsal.conductor import wire
from rehearsal.conductor.deployment import Registry
from rehearsal.conductor.errors import Refused
from rehearsal.conductor.registration import Registration

STACK = "pulumi:pulumi:Stack"


class NoReads(Mocks):
    """Refuses what reads the world: an `up` would then depend on more than the program, its config and the ledger."""

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise Refused(f"the conductor plays no function calls, and the program calls {args.token}")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise Refused(f"the conductor reads no existing resources, and the program reads {args.typ} {args.name}")


class Monitor(MockMonitor):
    """Hands each registration to a deployment or a preview. URNs are the engine's, without the stack as a parent."""

    def __init__(self, registry: Registry, *, stack: str, project: str) -> None:
        super().__init__(NoReads())
        self._registry = registry
        self._prefix = f"urn:pulumi:{stack}::{project}::"

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        chain = parent.removeprefix(self._prefix).split("::")[0] if parent else ""
        qualified = type_ if chain in ("", STACK) else f"{chain}${type_}"
        return f"{self._prefix}{qualified}::{name}"

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        registration = Registration.read(request, urn)
        id, properties = self._registry.register(registration)
        response = resource_pb2.RegisterResourceResponse(urn=urn, id=id or "")
        response.object.update(wire.encode(properties, registration.secret_names))
        return response
