"""Networks, volumes, secrets and configs."""

import base64
import json
from typing import Any, ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made, wait_until
from rehearsal.conductor.handlers.docker.engine import Engine, EngineError
from rehearsal.conductor.handlers.docker.fields import Fields, each, labels, mapped, same
from rehearsal.conductor.properties import Properties

_IN_USE = (400, 403, 409)
_PATIENCE = 60
"""Seconds that a deletion waits for tasks that still use the thing."""


class OnEngine(Handler):
    """Base class: something of one engine, with a name."""

    auto_named: ClassVar = True

    @property
    def engine(self) -> Engine:
        return self.connections.docker(self.provider)

    def remove(self, path: str) -> None:
        """Delete, tolerate that it is gone, wait while it is used; one that is used on a host that goes away is left to go with it."""

        def removed() -> bool:
            try:
                self.engine.call("DELETE", path)
            except EngineError as error:
                if error.status in _IN_USE:
                    return self.connections.hurried
                if error.status != 404:
                    raise
            return True

        wait_until(removed, what="the last task that uses it to end", seconds=_PATIENCE)

    def named(self, path: str, inputs: Properties) -> dict[str, Any] | None:
        """The object with this exact name in the list at `path`: docker's own filter takes parts of names."""
        listed = self.engine.call("GET", path, filters=json.dumps({"name": [inputs["name"]]}))
        objects = listed["Volumes"] or [] if isinstance(listed, dict) else listed
        return next((item for item in objects if item.get("Spec", item)["Name"] == inputs["name"]), None)


class Network(OnEngine):
    """`docker.Network`."""

    type: ClassVar = "docker:index/network:Network"
    fields: ClassVar[Fields] = {
        "name": ("Name", same),
        "driver": ("Driver", same),
        "attachable": ("Attachable", same),
        "ingress": ("Ingress", same),
        "internal": ("Internal", same),
        "ipv6": ("EnableIPv6", same),
        "labels": ("Labels", labels),
        "options": ("Options", same),
        "ipamDriver": ("IPAM.Driver", same),
        "ipamConfigs": (
            "IPAM.Config",
            each({"subnet": ("Subnet", same), "gateway": ("Gateway", same), "ipRange": ("IPRange", same)}),
        ),
    }
    accepts: ClassVar = frozenset(fields)
    replaces: ClassVar = accepts
    gives: ClassVar = frozenset({"driver", "scope"})

    def create(self, inputs: Properties) -> Made:
        made = self.engine.call("POST", "/networks/create", body={"CheckDuplicate": True, **mapped("network", inputs, self.fields)})
        return _made_network(self.engine.call("GET", f"/networks/{made['Id']}"))

    def delete(self, old: Existing) -> None:
        self.remove(f"/networks/{old.id}")

    def find(self, inputs: Properties) -> Made | None:
        found = self.named("/networks", inputs)
        return _made_network(found) if found else None


class Volume(OnEngine):
    """`docker.Volume`. Its name is its id."""

    type: ClassVar = "docker:index/volume:Volume"
    fields: ClassVar[Fields] = {
        "name": ("Name", same),
        "driver": ("Driver", same),
        "driverOpts": ("DriverOpts", same),
        "labels": ("Labels", labels),
    }
    accepts: ClassVar = frozenset(fields)
    replaces: ClassVar = accepts
    gives: ClassVar = frozenset({"mountpoint"})

    def create(self, inputs: Properties) -> Made:
        made = self.engine.call("POST", "/volumes/create", body=mapped("volume", inputs, self.fields))
        return Made(made["Name"], {"mountpoint": made["Mountpoint"]})

    def delete(self, old: Existing) -> None:
        self.remove(f"/volumes/{old.id}")

    def find(self, inputs: Properties) -> Made | None:
        found = self.named("/volumes", inputs)
        return Made(found["Name"], {"mountpoint": found["Mountpoint"]}) if found else None


class Secret(OnEngine):
    """`docker.Secret`: `data` is base64."""

    type: ClassVar = "docker:index/secret:Secret"
    accepts: ClassVar = frozenset({"name", "data", "labels"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    path: ClassVar = "/secrets"

    def create(self, inputs: Properties) -> Made:
        body = {"Name": inputs["name"], "Data": _data(inputs), "Labels": labels("labels", inputs.get("labels", []))}
        return Made(self.engine.call("POST", f"{self.path}/create", body=body)["ID"], {})

    def delete(self, old: Existing) -> None:
        self.remove(f"{self.path}/{old.id}")

    def find(self, inputs: Properties) -> Made | None:
        found = self.named(self.path, inputs)
        return Made(found["ID"], {}) if found else None


class ServiceConfig(Secret):
    """`docker.ServiceConfig`: `data` is base64, `dataRaw` is not."""

    type: ClassVar = "docker:index/serviceConfig:ServiceConfig"
    accepts: ClassVar = frozenset({"name", "data", "dataRaw", "labels"})
    replaces: ClassVar = accepts
    path: ClassVar = "/configs"


def _data(inputs: Properties) -> str:
    return str(inputs["data"]) if "data" in inputs else base64.b64encode(inputs["dataRaw"].encode()).decode()


def _made_network(network: dict[str, Any]) -> Made:
    return Made(network["Id"], {"driver": network["Driver"], "scope": network["Scope"]})


KINDS: tuple[type[Handler], ...] = (Network, Volume, Secret, ServiceConfig)
