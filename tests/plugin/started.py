"""The plugin as the engine sees it: a process that was started by its executable, and gRPC."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from rehearsal.conductor import wire
from rehearsal.plugin import install
from rehearsal.plugin.status import grpc

LIMIT = 30
"""Seconds for an answer, and for the process to end."""
ENGINE = "127.0.0.1:1"
Answer = TypeVar("Answer", bound=Message)
Raw = Mapping[str, Any]
"""Properties with the protocol's marks."""


def struct(properties: Raw) -> Struct:
    """Properties as a request carries them."""
    made = Struct()
    made.update(properties)
    return made


def plain(answer: Struct) -> dict[str, Any]:
    """Properties of an answer without marks; unknown ones are COMPUTED."""
    return wire.decode(answer)[0]


def secrets(answer: Struct) -> set[str]:
    """Names of an answer's properties that are marked as secret."""
    return set(wire.decode(answer)[1])


def refusal(error: Exception) -> str:
    """The words of a status that a test expected."""
    return str(getattr(error, "details")())  # noqa: B009 - grpcio has no types


class Plugin:
    """The calls that the engine makes, with a limit."""

    def __init__(self, channel: Any) -> None:
        self._stub = ResourceProviderStub(channel)

    def version(self) -> str:
        return self._call("GetPluginInfo", Empty(), plugin_pb2.PluginInfo).version

    def check_config(self, config: Raw) -> proto.CheckResponse:
        return self._call("CheckConfig", proto.CheckRequest(news=struct(config)), proto.CheckResponse)

    def diff_config(self, old: Raw, new: Raw) -> proto.DiffResponse:
        return self._call("DiffConfig", proto.DiffRequest(old_inputs=struct(old), news=struct(new)), proto.DiffResponse)

    def configure(self, config: Raw) -> proto.ConfigureResponse:
        return self._call("Configure", proto.ConfigureRequest(args=struct(config)), proto.ConfigureResponse)

    def check(self, type: str, inputs: Raw) -> proto.CheckResponse:
        return self._call("Check", proto.CheckRequest(type=type, news=struct(inputs)), proto.CheckResponse)

    def diff(self, type: str, old: Raw, new: Raw) -> proto.DiffResponse:
        request = proto.DiffRequest(type=type, old_inputs=struct(old), olds=struct(old), news=struct(new))
        return self._call("Diff", request, proto.DiffResponse)

    def create(self, type: str, inputs: Raw, *, preview: bool = False) -> proto.CreateResponse:
        request = proto.CreateRequest(type=type, properties=struct(inputs), preview=preview)
        return self._call("Create", request, proto.CreateResponse)

    def read(self, type: str, id: str, inputs: Raw | None = None, outputs: Raw | None = None) -> proto.ReadResponse:
        request = proto.ReadRequest(type=type, id=id, inputs=struct(inputs or {}), properties=struct(outputs or {}))
        return self._call("Read", request, proto.ReadResponse)

    def update(self, type: str, id: str, old: Raw, outputs: Raw, new: Raw, *, preview: bool = False) -> proto.UpdateResponse:
        request = proto.UpdateRequest(type=type, id=id, old_inputs=struct(old), olds=struct(outputs), news=struct(new), preview=preview)
        return self._call("Update", request, proto.UpdateResponse)

    def delete(self, type: str, id: str, inputs: Raw, outputs: Raw) -> None:
        self._call("Delete", proto.DeleteRequest(type=type, id=id, old_inputs=struct(inputs), properties=struct(outputs)), Empty)

    def cancel(self) -> None:
        self._call("Cancel", Empty(), Empty)

    def _call(self, name: str, request: Message, kind: type[Answer]) -> Answer:
        answer = getattr(self._stub, name)(request, timeout=LIMIT)
        assert isinstance(answer, kind)
        return answer


@contextmanager
def started(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[tuple[Plugin, subprocess.Popen[bytes]]]:
    """A process of its own, in `folder`, not configured yet; the user's own GITLAB_* settings are kept from it."""
    install(folder / "plugin")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GITLAB_", "SSL_CERT_"))}
    command = [str(folder / "plugin" / "pulumi-resource-gitlab"), ENGINE]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=folder, env={**own, **(environment or {})}) as process:
        assert process.stdin
        assert process.stdout
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Plugin(channel), process
        finally:
            process.stdin.close()
            process.wait(LIMIT)
