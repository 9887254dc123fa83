"""A recording engine: runs `__main__.py` on Pulumi's own test monitor and remembers each registration, options included."""

import asyncio
import runpy
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from tests.infra.build import Build, Resource, Secret
from tests.infra.values import CHECKOUT, CONFIG_SECRETS, compose, computed

STACK = "pulumi:pulumi:Stack"


class Engine(Mocks):
    """Answers every registration with canned outputs; reads nothing and knows no function."""

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program calls {args.token}: a preview must need no network")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise AssertionError(f"the program reads {args.typ} {args.name}: a preview must need no network")

    def build(self, stack: str, /, **overrides: Any) -> Build:
        """Run the program with a stack's config; `overrides` are flat keys. Raises what the program raises."""
        config = compose(stack, **overrides)
        build = Build(stack)

        async def main() -> None:
            pulumi.runtime.set_all_config(config, [*CONFIG_SECRETS, "site:secrets"])
            pulumi.runtime.set_mocks(self, "site", stack, preview=False, monitor=_Monitor(self, build))
            await run_pulumi_func(lambda: _ignore(runpy.run_path(str(CHECKOUT), run_name="__main__")))
            root = get_root_resource()
            assert isinstance(root, Stack)
            for name, value in root.outputs.items():
                output = pulumi.Output.from_input(value)
                plain = await output.future()
                build.exports[name] = Secret(plain) if await output.is_secret() else plain

        # A context of its own keeps one run's settings from the next.
        with asyncio.Runner() as runner:
            runner.run(main())
        return build


class _Monitor(MockMonitor):
    """Mocks do not see options; the raw request has them."""

    def __init__(self, mocks: Mocks, build: Build) -> None:
        super().__init__(mocks)
        self._build = build

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the real engine writes it: with the whole chain of parents, without the stack."""
        chain = parent.split("::")[2] if parent else STACK
        return f"urn:pulumi:{self._build.stack}::site::{type_ if chain == STACK else f'{chain}${type_}'}::{name}"

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        assert urn not in self._build.resources, f"{urn} is declared twice"
        self._build.resources[urn] = Resource(
            type=request.type,
            name=request.name,
            urn=urn,
            parent=request.parent,
            inputs=_inputs(request.object),
            custom=request.custom,
            protect=request.protect,
            provider=request.provider.rpartition("::")[0],
            dependencies=frozenset(request.dependencies),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            ignore_changes=tuple(request.ignoreChanges),
            deleted_with=request.deletedWith,
        )
        id, outputs = computed(request.type, request.name)
        response = resource_pb2.RegisterResourceResponse(urn=urn, id=id if request.custom else "", object=request.object)
        response.object.update(outputs)
        return response

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Any:
        self._build.outputs[request.urn] = _inputs(request.outputs)
        untyped: Any = super()
        return untyped.RegisterResourceOutputs(request)


def _inputs(struct: Struct | Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in struct.items()}


def _read(raw: Any) -> Any:
    """A protobuf value as Python's own; numbers without a fraction are `int`."""
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, str) or not isinstance(raw, Mapping | Sequence):
        return raw
    if isinstance(raw, Sequence):
        return [_read(item) for item in raw]
    plain = {key: _read(item) for key, item in raw.items()}
    return Secret(plain["value"]) if plain.get(rpc._special_sig_key) == rpc._special_secret_sig else plain


def _ignore(_globals: dict[str, Any]) -> None:
    return None
