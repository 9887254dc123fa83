"""The plugin's service. The engine is told, as by pulumi-gitlab, to send secrets, resources and output values as plain values.

pulumi-gitlab's two halves accept different things and the lesser counts: pulumi-terraform-bridge, pkg/x/muxer/muxer.go.
"""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from ci.mask import Mask
from rehearsal.conductor.connections import Connections
from rehearsal.conductor.errors import ConductorError, Refused
from rehearsal.conductor.handler import Existing, Handler
from rehearsal.conductor.handlers.gitlab import credentials, protection
from rehearsal.conductor.properties import Properties
from rehearsal.plugin.config import ENGINE_KEYS, KEYS, connect
from rehearsal.plugin.resource import difference, given, previewed, read, refreshed, write
from rehearsal.plugin.status import telling

KINDS: dict[str, type[Handler]] = {kind.type: kind for module in (credentials, protection) for kind in module.KINDS}
"""The conductor's handlers, by Pulumi type token."""


class Provider(ResourceProviderServicer):
    """One process's answers, given from several threads."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._mask = Mask()
        self._connections: Connections | None = None

    def GetPluginInfo(self, _request: Empty, _context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._version)

    def Attach(self, _request: plugin_pb2.PluginAttach, _context: Any) -> Empty:
        return Empty()

    def Cancel(self, _request: Empty, _context: Any) -> Empty:
        return Empty()

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        with telling(context, self._mask):
            return provider_pb2.CheckResponse(inputs=request.news, failures=_unknown(read(request.news), KEYS, ENGINE_KEYS))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        with telling(context, self._mask):
            return difference(read(request.old_inputs), read(request.news))

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Any) -> provider_pb2.ConfigureResponse:
        with telling(context, self._mask):
            self._connections = connect(self._learned(read(request.args)))
            return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        with telling(context, self._mask):
            kind, news = _kind(request.type), read(request.news)
            failures = _unknown(news, kind.accepts)
            if kind.auto_named and "name" not in news:
                failures.append(
                    provider_pb2.CheckFailure(property="name", reason="is missing: the stand-in for the plugin chooses no names")
                )
            return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        with telling(context, self._mask):
            old, new = read(request.old_inputs), read(request.news)
            return difference(old, new, _kind(request.type).replacing(old, new))

    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        with telling(context, self._mask):
            inputs = self._learned(read(request.properties))
            if request.preview:
                return provider_pb2.CreateResponse(properties=write(previewed(_kind(request.type), inputs)))
            made = self._handler(request.type).create(inputs)
            return provider_pb2.CreateResponse(id=made.id, properties=write(inputs | made.outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        with telling(context, self._mask):
            found = self._handler(request.type).read(request.id)
            if found is None:
                return provider_pb2.ReadResponse()
            inputs, outputs = refreshed(_kind(request.type), read(request.inputs), read(request.properties), found)
            return provider_pb2.ReadResponse(id=found.id, inputs=write(inputs), properties=write(outputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        with telling(context, self._mask):
            kind, old, inputs = _kind(request.type), read(request.olds), self._learned(read(request.news))
            if request.preview:
                return provider_pb2.UpdateResponse(properties=write(previewed(kind, inputs, old)))
            before = Existing(request.id, read(request.old_inputs), given(kind, old))
            return provider_pb2.UpdateResponse(properties=write(inputs | self._handler(request.type).update(before, inputs)))

    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> Empty:
        with telling(context, self._mask):
            kind = _kind(request.type)
            self._handler(request.type).delete(Existing(request.id, read(request.old_inputs), given(kind, read(request.properties))))
            return Empty()

    def _handler(self, type: str) -> Handler:
        if self._connections is None:
            raise ConductorError("the plugin is not configured yet")
        return _kind(type)(self._connections, {})

    def _learned(self, properties: Properties) -> Properties:
        """The same properties, once what is secret in them is known to the mask."""
        self._mask.learn(properties.get(name) for name in ("token", "value"))
        return properties


def _kind(type: str) -> type[Handler]:
    if type not in KINDS:
        raise Refused(f"the stand-in for the plugin gitlab does not know {type}; it knows {', '.join(sorted(KINDS))}")
    return KINDS[type]


def _unknown(properties: Properties, *known: frozenset[str]) -> list[provider_pb2.CheckFailure]:
    """One failure for each property that is in none of these; `known[0]` is what a person may give."""
    reason = f"is not known to the stand-in for the plugin gitlab; it knows {', '.join(sorted(known[0]))}"
    names = sorted(properties.keys() - frozenset[str]().union(*known))
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name in names]
