"""The container registry and who may use it."""

import json
from typing import ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.digitalocean.api import ApiError, DigitalOcean, Object, body
from rehearsal.conductor.properties import Properties

_SERVER = "registry.digitalocean.com"
"""The provider has this name in its code."""


class ContainerRegistry(DigitalOcean):
    """`digitalocean.ContainerRegistry`. Its name is its id."""

    type: ClassVar = "digitalocean:index/containerRegistry:ContainerRegistry"
    accepts: ClassVar = frozenset({"name", "region", "subscriptionTierSlug"})
    replaces: ClassVar = frozenset({"name", "region"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"endpoint", "serverUrl"})

    def create(self, inputs: Properties) -> Made:
        return _made(self.call(self.api.registry.create, body=body(inputs, self.accepts))["registry"])

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.registries.update_subscription, body={"tier_slug": new["subscriptionTierSlug"]})
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.registries.delete, old.id)

    def find(self, inputs: Properties) -> Made | None:
        try:
            return _made(self.call(self.api.registries.get, inputs["name"])["registry"])
        except ApiError as error:
            if error.status == 404:
                return None
            raise


class DockerCredentials(DigitalOcean):
    """`digitalocean.ContainerRegistryDockerCredentials`.

    The provider revokes them at an address outside the API, where no stand-in is: here they stay valid.
    """

    type: ClassVar = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
    accepts: ClassVar = frozenset({"registryName", "expirySeconds", "write"})
    replaces: ClassVar = frozenset({"registryName"})
    replaceable: ClassVar = True
    gives: ClassVar = frozenset({"dockerCredentials"})
    fresh: ClassVar = gives

    def create(self, inputs: Properties) -> Made:
        query = {"read_write": json.dumps(inputs.get("write", False)), **body(inputs, ("expirySeconds",))}
        credentials = self.call(self.api.registries.get_docker_credentials, inputs["registryName"], params=query)
        return Made(inputs["registryName"], {"dockerCredentials": json.dumps(credentials)})

    def update(self, old: Existing, new: Properties) -> Properties:  # noqa: ARG002 - other terms are other credentials
        return self.create(new).outputs

    def delete(self, old: Existing) -> None:
        """See above."""


def _made(registry: Object) -> Made:
    outputs = {"endpoint": f"{_SERVER}/{registry['name']}", "serverUrl": _SERVER, "createdAt": registry["created_at"]}
    return Made(registry["name"], outputs | body(registry, ("region",)))


KINDS: tuple[type[Handler], ...] = (ContainerRegistry, DockerCredentials)
