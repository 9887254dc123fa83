"""Uptime checks and their alerts. They are kept, not run: nobody looks at a rehearsal from outside."""

from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean.errors import not_found
from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.store import Object

Region = Literal["us_east", "us_west", "eu_west", "se_asia"]


class Slack(BaseModel):
    """A Slack channel, by its webhook."""

    channel: str
    url: str


class Notifications(BaseModel):
    """Whom to tell. Clients send `null` for an empty list."""

    email: list[str] | None = None
    slack: list[Slack] | None = None

    def lists(self) -> Object:
        """Both lists, empty where none was sent."""
        return {"email": self.email or [], "slack": [one.model_dump() for one in self.slack or []]}


class Check(BaseModel):
    """What POST and PUT take. The published document demands a `method` that it does not describe: no client sends one."""

    name: str = Field(min_length=1)
    type: Literal["ping", "http", "https"] = "https"
    target: str = Field(min_length=1)
    regions: list[Region] | None = None
    enabled: bool = True


class Alert(BaseModel):
    """What POST and PUT take. Clients send zero and `""` for what they leave out."""

    name: str = Field(min_length=1)
    type: Literal["latency", "down", "down_global", "ssl_expiry"]
    threshold: int | None = None
    comparison: Literal["greater_than", "less_than", ""] = ""
    notifications: Notifications
    period: Literal["2m", "3m", "5m", "10m", "15m", "30m", "1h", ""] = ""


def create(call: Call) -> Object:
    return _put(call, str(uuid4()))


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "checks", list(store["uptime_checks"].values()))


def get(call: Call) -> Object:
    with call.store:
        return {"check": call.find("uptime_checks", "check")}


def update(call: Call) -> Object:
    with call.store:
        return _put(call, call.find("uptime_checks", "check")["id"])


def delete(call: Call) -> None:
    with call.store as store:
        check = call.find("uptime_checks", "check")["id"]
        del store["uptime_checks"][check]
        for alert in [alert["id"] for alert in store["uptime_alerts"].values() if alert["check"] == check]:
            del store["uptime_alerts"][alert]


def alert_create(call: Call) -> Object:
    return _put_alert(call, str(uuid4()))


def alert_index(call: Call) -> Object:
    with call.store as store:
        check = call.find("uptime_checks", "check")["id"]
        return page(call, "alerts", [_show_alert(alert) for alert in store["uptime_alerts"].values() if alert["check"] == check])


def alert_get(call: Call) -> Object:
    with call.store:
        return {"alert": _show_alert(_find_alert(call))}


def alert_update(call: Call) -> Object:
    with call.store:
        return _put_alert(call, _find_alert(call)["id"])


def alert_delete(call: Call) -> None:
    with call.store as store:
        del store["uptime_alerts"][_find_alert(call)["id"]]


def _put(call: Call, number: str) -> Object:
    wanted = call.read(Check)
    with call.store as store:
        check = {"id": number, **wanted.model_dump(), "regions": wanted.regions or []}
        store["uptime_checks"][number] = check
    return {"check": check}


def _put_alert(call: Call, number: str) -> Object:
    wanted = call.read(Alert)
    with call.store as store:
        check = call.find("uptime_checks", "check")["id"]
        store["uptime_alerts"][number] = {
            "id": number,
            "check": check,
            **wanted.model_dump(),
            "notifications": wanted.notifications.lists(),
        }
        return {"alert": _show_alert(store["uptime_alerts"][number])}


def _find_alert(call: Call) -> Object:
    alert = call.find("uptime_alerts", "alert")
    if alert["check"] != call.path["check"]:
        raise not_found()
    return alert


def _show_alert(alert: Object) -> Object:
    return {name: value for name, value in alert.items() if name != "check" and value not in (None, "")}


ENDPOINTS = [
    Endpoint("POST", "/v2/uptime/checks", create, 201),
    Endpoint("GET", "/v2/uptime/checks", index),
    Endpoint("GET", "/v2/uptime/checks/{check}", get),
    Endpoint("PUT", "/v2/uptime/checks/{check}", update),
    Endpoint("DELETE", "/v2/uptime/checks/{check}", delete, 204),
    Endpoint("POST", "/v2/uptime/checks/{check}/alerts", alert_create, 201),
    Endpoint("GET", "/v2/uptime/checks/{check}/alerts", alert_index),
    Endpoint("GET", "/v2/uptime/checks/{check}/alerts/{alert}", alert_get),
    Endpoint("PUT", "/v2/uptime/checks/{check}/alerts/{alert}", alert_update),
    Endpoint("DELETE", "/v2/uptime/checks/{check}/alerts/{alert}", alert_delete, 204),
]
