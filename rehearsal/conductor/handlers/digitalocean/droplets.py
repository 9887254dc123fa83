"""Droplets."""

from typing import ClassVar

from rehearsal.conductor.errors import START_AGAIN, Refused
from rehearsal.conductor.handler import Existing, Handler, Made, wait_until
from rehearsal.conductor.handlers.digitalocean.api import ApiError, DigitalOcean, Object, body
from rehearsal.conductor.properties import Properties, changed

_SENT = ("name", "region", "size", "backups", "backupPolicy", "ipv6", "monitoring", "publicNetworking", "tags", "userData", "vpcUuid")
_BOOT_SECONDS = 600
_IN_PLACE = frozenset({"name", "size", "tags", "resizeDisk", "gracefulShutdown"})


class Droplet(DigitalOcean):
    """`digitalocean.Droplet`. It is made when the API calls it active: whoever needs what its first boot does waits for that itself."""

    type: ClassVar = "digitalocean:index/droplet:Droplet"
    accepts: ClassVar = frozenset({*_SENT, "image", "sshKeys", "dropletAgent", "resizeDisk", "gracefulShutdown"})
    replaces: ClassVar = frozenset({"image", "region", "sshKeys", "userData", "vpcUuid", "monitoring", "dropletAgent", "publicNetworking"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"ipv4Address", "ipv4AddressPrivate", "dropletUrn", "status"})

    def create(self, inputs: Properties) -> Made:
        request = body(inputs, _SENT, dropletAgent="with_droplet_agent") | {
            "image": _number(inputs["image"]),
            "ssh_keys": [_number(key) for key in inputs.get("sshKeys", [])],
        }
        return self._active(self.call(self.api.droplets.create, body=request)["droplet"]["id"])

    def update(self, old: Existing, new: Properties) -> Properties:
        differing = {*changed(old.inputs, new)}
        if other := sorted(differing - _IN_PLACE):
            raise Refused(f"the conductor does not change {', '.join(other)} of a droplet: {START_AGAIN}")
        if "name" in differing:
            self._act(int(old.id), {"type": "rename", "name": new["name"]})
        if "size" in differing:
            self._act(int(old.id), {"type": "power_off"})
            self._act(int(old.id), {"type": "resize", "size": new["size"], "disk": new.get("resizeDisk", True)})
            self._act(int(old.id), {"type": "power_on"})
        if "tags" in differing:
            self._tag(old.id, {*old.inputs.get("tags", [])}, {*new.get("tags", [])})
        return self._active(int(old.id)).outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.droplets.destroy, int(old.id))
        wait_until(lambda: self._get(int(old.id)) is None, what="the droplet to be gone", seconds=120)

    def find(self, inputs: Properties) -> Made | None:
        droplets = self.call(self.api.droplets.list, name=inputs["name"])["droplets"]
        return self._active(droplets[0]["id"]) if droplets else None

    def _get(self, number: int) -> Object | None:
        try:
            droplet: Object = self.call(self.api.droplets.get, number)["droplet"]
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return droplet

    def _active(self, number: int) -> Made:
        seen: Object = {}

        def active() -> bool:
            seen.update(self._get(number) or {})
            return bool(seen and seen["status"] == "active" and not seen["locked"])

        wait_until(active, what=f"the droplet {number} to be active", seconds=_BOOT_SECONDS)
        return Made(str(number), _outputs(seen))

    def _act(self, number: int, request: Object) -> None:
        action = self.call(self.api.droplet_actions.post, number, body=request)["action"]
        self.wait_for_action(self.api.droplet_actions.get, action, number)

    def _tag(self, id: str, old: set[str], new: set[str]) -> None:
        resources = {"resources": [{"resource_id": id, "resource_type": "droplet"}]}
        for tag in sorted(new - old):
            self.call(self.api.tags.create, body={"name": tag})
            self.call(self.api.tags.assign_resources, tag, body=resources)
        for tag in sorted(old - new):
            self.gone(self.api.tags.unassign_resources, tag, body=resources)


def _number(reference: str | int) -> str | int:
    """Images and keys are meant by number, or by slug and fingerprint; Pulumi ids are strings."""
    return int(reference) if str(reference).isdecimal() else reference


def _outputs(droplet: Object) -> Properties:
    addresses = {address["type"]: address["ip_address"] for address in droplet["networks"]["v4"]}
    return {
        "ipv4Address": addresses.get("public"),
        "ipv4AddressPrivate": addresses.get("private"),
        "dropletUrn": f"do:droplet:{droplet['id']}",
        "status": droplet["status"],
        "createdAt": droplet["created_at"],
        "locked": droplet["locked"],
        "disk": droplet["disk"],
        "memory": droplet["memory"],
        "vcpus": droplet["vcpus"],
    }


KINDS: tuple[type[Handler], ...] = (Droplet,)
