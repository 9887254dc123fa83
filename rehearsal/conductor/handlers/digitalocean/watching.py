"""Uptime checks and alerts."""

from typing import ClassVar

from rehearsal.conductor.handler import Existing, Handler, Made
from rehearsal.conductor.handlers.digitalocean.api import PAGE, DigitalOcean, Object, body, named
from rehearsal.conductor.properties import Properties


class UptimeCheck(DigitalOcean):
    """`digitalocean.UptimeCheck`."""

    type: ClassVar = "digitalocean:index/uptimeCheck:UptimeCheck"
    accepts: ClassVar = frozenset({"name", "type", "target", "regions", "enabled"})
    auto_named: ClassVar = True

    def create(self, inputs: Properties) -> Made:
        return Made(self.call(self.api.uptime.create_check, body=body(inputs, self.accepts))["check"]["id"], {})

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.uptime.update_check, old.id, body=body(new, self.accepts))
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.uptime.delete_check, old.id)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.uptime.list_checks, per_page=PAGE)["checks"], inputs["name"])
        return Made(found["id"], {}) if found else None


class UptimeAlert(DigitalOcean):
    """`digitalocean.UptimeAlert`."""

    type: ClassVar = "digitalocean:index/uptimeAlert:UptimeAlert"
    accepts: ClassVar = frozenset({"name", "checkId", "type", "threshold", "comparison", "notifications", "period"})
    replaces: ClassVar = frozenset({"checkId"})
    replaceable: ClassVar = True
    auto_named: ClassVar = True

    def create(self, inputs: Properties) -> Made:
        return Made(self.call(self.api.uptime.create_alert, inputs["checkId"], body=_alert(inputs))["alert"]["id"], {})

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.uptime.update_alert, new["checkId"], old.id, body=_alert(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.uptime.delete_alert, old.inputs["checkId"], old.id)

    def find(self, inputs: Properties) -> Made | None:
        found = named(self.call(self.api.uptime.list_alerts, inputs["checkId"], per_page=PAGE)["alerts"], inputs["name"])
        return Made(found["id"], {}) if found else None


class MonitorAlert(DigitalOcean):
    """`digitalocean.MonitorAlert`. It has no name; its description is what a killed run's is found by."""

    type: ClassVar = "digitalocean:index/monitorAlert:MonitorAlert"
    accepts: ClassVar = frozenset({"alerts", "compare", "description", "type", "value", "window", "enabled", "entities", "tags"})
    gives: ClassVar = frozenset({"uuid"})

    def create(self, inputs: Properties) -> Made:
        return _made_policy(self.call(self.api.monitoring.create_alert_policy, body=_policy(inputs))["policy"])

    def update(self, old: Existing, new: Properties) -> Properties:
        self.call(self.api.monitoring.update_alert_policy, old.id, body=_policy(new))
        return old.outputs

    def delete(self, old: Existing) -> None:
        self.gone(self.api.monitoring.delete_alert_policy, old.id)

    def find(self, inputs: Properties) -> Made | None:
        policies = self.call(self.api.monitoring.list_alert_policy, per_page=PAGE)["policies"]
        same_text = [policy for policy in policies if policy["description"] == inputs["description"]]
        found = next((policy for policy in same_text if policy["type"] == inputs["type"]), None)
        return _made_policy(found) if found else None


def _receivers(declared: Properties) -> Object:
    return {"email": declared.get("emails", []), "slack": declared.get("slacks", [])}


def _alert(inputs: Properties) -> Object:
    receivers = [_receivers(declared) for declared in inputs["notifications"]]
    return body(inputs, ("name", "type", "threshold", "comparison", "period")) | {"notifications": receivers[0]}


def _policy(inputs: Properties) -> Object:
    defaults = {"enabled": True, "entities": [], "tags": []}
    sent = body(inputs, ("compare", "description", "type", "value", "window", "enabled", "entities", "tags"))
    return defaults | sent | {"alerts": _receivers(inputs["alerts"])}


def _made_policy(policy: Object) -> Made:
    return Made(policy["uuid"], {"uuid": policy["uuid"]})


KINDS: tuple[type[Handler], ...] = (UptimeCheck, UptimeAlert, MonitorAlert)
