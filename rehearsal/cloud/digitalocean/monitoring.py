"""Alert policies of the monitoring. They are kept, not run."""

from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field

from rehearsal.cloud.digitalocean.http import Call, Endpoint, page
from rehearsal.cloud.digitalocean.uptime import Notifications
from rehearsal.cloud.store import Object

Type = Literal[
    "v1/insights/droplet/load_1",
    "v1/insights/droplet/load_5",
    "v1/insights/droplet/load_15",
    "v1/insights/droplet/memory_utilization_percent",
    "v1/insights/droplet/disk_utilization_percent",
    "v1/insights/droplet/cpu",
    "v1/insights/droplet/disk_read",
    "v1/insights/droplet/disk_write",
    "v1/insights/droplet/public_outbound_bandwidth",
    "v1/insights/droplet/public_inbound_bandwidth",
    "v1/insights/droplet/private_outbound_bandwidth",
    "v1/insights/droplet/private_inbound_bandwidth",
    "v1/dbaas/alerts/load_15_alerts",
    "v1/dbaas/alerts/memory_utilization_alerts",
    "v1/dbaas/alerts/disk_utilization_alerts",
    "v1/dbaas/alerts/cpu_alerts",
]
"""DigitalOcean's types for droplets and databases: there are no load balancers or autoscale pools here."""


class Policy(BaseModel):
    """What POST and PUT take: when `type` compares so with `value` for the `window`, those in `alerts` are told."""

    alerts: Notifications
    compare: Literal["GreaterThan", "LessThan"]
    description: str = Field(min_length=1)
    enabled: bool
    entities: list[str] | None = None
    tags: list[str] | None = None
    type: Type
    value: float = Field(ge=0)
    window: Literal["5m", "10m", "30m", "1h"]


def create(call: Call) -> Object:
    return _put(call, str(uuid4()))


def index(call: Call) -> Object:
    with call.store as store:
        return page(call, "policies", list(store["alert_policies"].values()))


def get(call: Call) -> Object:
    with call.store:
        return {"policy": call.find("alert_policies")}


def update(call: Call) -> Object:
    with call.store:
        return _put(call, call.find("alert_policies")["uuid"])


def delete(call: Call) -> None:
    with call.store as store:
        del store["alert_policies"][call.find("alert_policies")["uuid"]]


def _put(call: Call, number: str) -> Object:
    wanted = call.read(Policy)
    policy = {
        "uuid": number,
        **wanted.model_dump(),
        "alerts": wanted.alerts.lists(),
        "entities": wanted.entities or [],
        "tags": wanted.tags or [],
    }
    with call.store as store:
        store["alert_policies"][number] = policy
    return {"policy": policy}


ENDPOINTS = [
    Endpoint("POST", "/v2/monitoring/alerts", create),
    Endpoint("GET", "/v2/monitoring/alerts", index),
    Endpoint("GET", "/v2/monitoring/alerts/{id}", get),
    Endpoint("PUT", "/v2/monitoring/alerts/{id}", update),
    Endpoint("DELETE", "/v2/monitoring/alerts/{id}", delete, 204),
]
