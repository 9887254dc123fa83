"""VPCs, reserved addresses, cloud firewalls and names."""

from typing import Any, ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made, wait_until
from rehearsal.conductor.handlers.digitalocean.api import PAGE, ApiError, DigitalOcean, Object, body, named
from rehearsal.conductor.properties import Properties


class Vpc(DigitalOcean):
    """`digitalocean.Vpc`. Deleting waits for its last member to go, as the provider does."""

    type: ClassVar = "digitalocean:index/vpc:Vpc"
    accepts: ClassVar = frozenset({"name", "region", "description", "ipRange"})
    replaces: ClassVar = frozenset({"region", "ipRange"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"vpcUrn", "ipRange"})

    def create(self, inputs: Properties) -> Made:
        return _made_vpc(self.call(self.api.vpcs.create, body=body(inputs, self.accepts))["vpc"])

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.vpcs.update, old.id, body={"description": "", **body(new, ("name", "description"))})
        return old.outputs

    def delete(self, old: Existing) -> None:
        def deleted() -> bool:
            try:
                self.gone(self.api.vpcs.delete, old.id)
            except ApiError as error:
                if error.status in (403, 409):
                    return False
                raise
            return True

        wait_until(deleted, what="the VPC's last member to go", seconds=120)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.vpcs.list, per_page=PAGE)["vpcs"], inputs["name"])
        return _made_vpc(found) if found else None


class ReservedIp(DigitalOcean):
    """`digitalocean.ReservedIp`. It has no name, so the one that a killed run has reserved stays behind."""

    type: ClassVar = "digitalocean:index/reservedIp:ReservedIp"
    accepts: ClassVar = frozenset({"region"})
    replaces: ClassVar = accepts
    gives: ClassVar = frozenset({"ipAddress", "reservedIpUrn"})

    def create(self, inputs: Properties) -> Made:
        ip = self.call(self.api.reserved_ips.create, body=body(inputs, self.accepts))["reserved_ip"]["ip"]
        return Made(ip, {"ipAddress": ip, "reservedIpUrn": f"do:reservedip:{ip}"})

    def delete(self, old: Existing) -> None:
        self.gone(self.api.reserved_ips.delete, old.id)


class ReservedIpAssignment(DigitalOcean):
    """`digitalocean.ReservedIpAssignment`. Assigning moves the address, so a replacement has no gap."""

    type: ClassVar = "digitalocean:index/reservedIpAssignment:ReservedIpAssignment"
    accepts: ClassVar = frozenset({"ipAddress", "dropletId"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True

    def create(self, inputs: Properties) -> Made:
        self._act(inputs["ipAddress"], {"type": "assign", "droplet_id": int(inputs["dropletId"])})
        return _made_assignment(inputs)

    def delete(self, old: Existing) -> None:
        if self._droplet(old.inputs["ipAddress"]) == int(old.inputs["dropletId"]):
            self._act(old.inputs["ipAddress"], {"type": "unassign"})

    def find(self, inputs: Properties) -> Made | None:
        return _made_assignment(inputs) if self._droplet(inputs["ipAddress"]) == int(inputs["dropletId"]) else None

    def _droplet(self, ip: str) -> int | None:
        try:
            holder = self.call(self.api.reserved_ips.get, ip)["reserved_ip"]["droplet"]
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return int(holder["id"]) if holder else None

    def _act(self, ip: str, request: Object) -> None:
        action = self.call(self.api.reserved_ips_actions.post, ip, body=request)["action"]
        self.wait_for_action(self.api.reserved_ips_actions.get, action, ip)


class Firewall(DigitalOcean):
    """`digitalocean.Firewall`."""

    type: ClassVar = "digitalocean:index/firewall:Firewall"
    accepts: ClassVar = frozenset({"name", "dropletIds", "tags", "inboundRules", "outboundRules"})
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"status"})

    def create(self, inputs: Properties) -> Made:
        return _made_firewall(self.call(self.api.firewalls.create, body=_rules(inputs))["firewall"])

    def update(self, old: Existing, new: Properties) -> Properties:
        return _made_firewall(self.call(self.api.firewalls.update, old.id, body=_rules(new))["firewall"]).outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.firewalls.delete, old.id)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.firewalls.list, per_page=PAGE)["firewalls"], inputs["name"])
        return _made_firewall(found) if found else None


def _made_vpc(vpc: Object) -> Made:
    return Made(vpc["id"], {"vpcUrn": vpc["urn"], "ipRange": vpc["ip_range"], "default": vpc["default"], "createdAt": vpc["created_at"]})


def _made_assignment(inputs: Properties) -> Made:
    return Made(f"{inputs['dropletId']}-{inputs['ipAddress']}", {})


def _made_firewall(firewall: Object) -> Made:
    return Made(firewall["id"], {"status": firewall["status"], "createdAt": firewall["created_at"]})


def _rules(inputs: Properties) -> Object:
    def peers(rule: Properties, side: str) -> dict[str, Any]:
        names = (f"{side}Addresses", f"{side}DropletIds", f"{side}Tags", f"{side}LoadBalancerUids", f"{side}KubernetesIds")
        found = body(rule, names)
        return {field.removeprefix(f"{side}_"): value for field, value in found.items()}

    def rule(declared: Properties, side: str) -> Object:
        ports = {} if declared["protocol"] == "icmp" else {"ports": declared.get("portRange", "")}
        return {"protocol": declared["protocol"], **ports, f"{side}s": peers(declared, side)}

    return {
        "name": inputs["name"],
        "droplet_ids": [int(droplet) for droplet in inputs.get("dropletIds", [])],
        "tags": inputs.get("tags", []),
        "inbound_rules": [rule(declared, "source") for declared in inputs.get("inboundRules", [])],
        "outbound_rules": [rule(declared, "destination") for declared in inputs.get("outboundRules", [])],
    }


KINDS: tuple[type[Handler], ...] = (Vpc, ReservedIp, ReservedIpAssignment, Firewall)
