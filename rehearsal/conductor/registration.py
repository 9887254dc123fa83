"""One resource as the program declares it."""

from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import resource_pb2

from rehearsal.conductor import wire
from rehearsal.conductor.errors import Refused
from rehearsal.conductor.properties import Properties

_NOT_PLAYED = ("importId", "aliases", "replacement_trigger", "replace_with", "hooks", "transforms", "state_migrations", "remote")
"""Options whose effect the conductor can't give."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A request of the SDK with secrets unwrapped; `secrets` has the secret values of `inputs` by top-level property."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: Properties
    secrets: dict[str, list[Any]]
    secret_outputs: frozenset[str]
    provider: str
    dependencies: tuple[str, ...]
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    delete_before_replace: bool
    deleted_with: str
    retain: bool
    protect: bool = False

    @property
    def secret_names(self) -> frozenset[str]:
        """Names of all properties that are secret, as inputs or as outputs."""
        return self.secret_outputs | self.secrets.keys()

    @classmethod
    def read(cls, request: resource_pb2.RegisterResourceRequest, urn: str) -> "Registration":
        """Raises Refused for an option that the conductor does not play."""
        for option, value in request.ListFields():
            # The SDK sends an empty message of hooks where there are none.
            if option.name in _NOT_PLAYED and str(value):
                raise Refused(f"{request.type} {request.name}: the conductor does not play the option {option.name}; declare it without")
        inputs, secrets = wire.decode(request.object)
        return cls(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            inputs=inputs,
            secrets=secrets,
            secret_outputs=frozenset(request.additionalSecretOutputs),
            provider=request.provider.rpartition("::")[0],
            dependencies=tuple(request.dependencies),
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            delete_before_replace=request.deleteBeforeReplace,
            deleted_with=request.deletedWith,
            retain=request.retainOnDelete,
            protect=request.protect,
        )
