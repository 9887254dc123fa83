"""DNS zones and records."""

from typing import ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.digitalocean.api import PAGE, DigitalOcean, Object, body, named
from rehearsal.conductor.properties import Properties

_RECORD = ("type", "name", "ttl", "priority", "port", "weight", "flags", "tag")


class Domain(DigitalOcean):
    """`digitalocean.Domain`. Its name is its id."""

    type: ClassVar = "digitalocean:index/domain:Domain"
    accepts: ClassVar = frozenset({"name", "ipAddress"})
    replaces: ClassVar = accepts
    gives: ClassVar = frozenset({"domainUrn"})

    def create(self, inputs: Properties) -> Made:
        return _made_domain(self.call(self.api.domains.create, body=body(inputs, self.accepts))["domain"])

    def delete(self, old: Existing) -> None:
        self.gone(self.api.domains.delete, old.id)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.domains.list, per_page=PAGE)["domains"], inputs["name"])
        return _made_domain(found) if found else None


class DnsRecord(DigitalOcean):
    """`digitalocean.DnsRecord`. Several records may share a name and a type."""

    type: ClassVar = "digitalocean:index/dnsRecord:DnsRecord"
    accepts: ClassVar = frozenset({"domain", "value", *_RECORD})
    replaces: ClassVar = frozenset({"domain", "type"})
    replaceable: ClassVar = True
    auto_named: ClassVar = True
    gives: ClassVar = frozenset({"fqdn"})

    def create(self, inputs: Properties) -> Made:
        record = self.call(self.api.domains.create_record, inputs["domain"], body=_record(inputs))["domain_record"]
        return Made(str(record["id"]), _outputs(inputs))

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.domains.update_record, new["domain"], int(old.id), body=_record(new))
        return _outputs(new)

    def delete(self, old: Existing) -> None:
        self.gone(self.api.domains.delete_record, old.inputs["domain"], int(old.id))

    def find(self, inputs: Properties) -> Made | None:
        records = self.call(self.api.domains.list_records, inputs["domain"], per_page=PAGE)["domain_records"]
        wanted = (inputs["type"], inputs["name"], inputs["value"])
        found = next((record for record in records if (record["type"], record["name"], record["data"]) == wanted), None)
        return Made(str(found["id"]), _outputs(inputs)) if found else None


def _made_domain(domain: Object) -> Made:
    return Made(domain["name"], {"domainUrn": f"do:domain:{domain['name']}", "ttl": domain["ttl"]})


def _record(inputs: Properties) -> Object:
    return body(inputs, _RECORD, value="data")


def _outputs(inputs: Properties) -> Properties:
    at_top = inputs["name"] == "@"
    return {"fqdn": inputs["domain"] if at_top else f"{inputs['name']}.{inputs['domain']}"}


KINDS: tuple[type[Handler], ...] = (Domain, DnsRecord)
