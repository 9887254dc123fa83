"""Explicit providers: nothing but their inputs, which the handlers of their resources read."""

from typing import ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.properties import Properties


class DockerProvider(Handler):
    """`docker.Provider`: a host reached over ssh. A change of it replaces nothing on the host, as with the real one."""

    type: ClassVar = "pulumi:providers:docker"
    accepts: ClassVar = frozenset({"host", "sshOpts", "registryAuth", "disableDockerDaemonCheck", "version"})

    def create(self, inputs: Properties) -> Made:
        return Made(inputs["host"], {})

    def update(self, old: Existing, new: Properties) -> Properties:  # noqa: ARG002 - whoever uses the provider reads the inputs
        return old.outputs

    def delete(self, old: Existing) -> None:
        """Nothing was made."""


KINDS: tuple[type[Handler], ...] = (DockerProvider,)
