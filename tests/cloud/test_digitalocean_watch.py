"""Uptime checks, their alerts, and the alerts of the monitoring."""

from typing import Any

import pytest

from tests.cloud.digitalocean_server import Api

CHECK = {"name": "site", "type": "https", "target": "https://example.org", "regions": ["eu_west"], "enabled": True}
# As the Go client sends it: what is left out is zero, "" or null.
ALERT = {
    "name": "down",
    "type": "down",
    "threshold": 0,
    "comparison": "",
    "notifications": {"email": ["ops@example.org"], "slack": None},
    "period": "2m",
}
POLICY = {
    "alerts": {"email": ["ops@example.org"], "slack": None},
    "compare": "GreaterThan",
    "description": "cpu",
    "enabled": True,
    "entities": None,
    "tags": ["web"],
    "type": "v1/insights/droplet/cpu",
    "value": 80,
    "window": "5m",
}


def test_a_check_is_made_without_a_method_and_changed(api: Api) -> None:
    check = api.post("/v2/uptime/checks", **CHECK)["check"]
    api.put(f"/v2/uptime/checks/{check['id']}", **(CHECK | {"enabled": False}))
    assert api.get(f"/v2/uptime/checks/{check['id']}")["check"] == check | {"enabled": False}


def test_an_alert_belongs_to_its_check_and_goes_with_it(api: Api) -> None:
    first, second = (f"/v2/uptime/checks/{api.post('/v2/uptime/checks', **CHECK)['check']['id']}" for _ in range(2))
    alert = api.post(f"{first}/alerts", **ALERT)["alert"]["id"]
    assert len(api.get(f"{first}/alerts")["alerts"]) == 1
    api.refused(404, "GET", f"{second}/alerts/{alert}")
    api.delete(first)
    assert {entry["kind"] for entry in api.inventory()} == {"digitalocean:uptime_check"}


def test_an_alert_is_answered_with_lists_and_without_what_it_has_not(api: Api) -> None:
    check = f"/v2/uptime/checks/{api.post('/v2/uptime/checks', **CHECK)['check']['id']}"
    alert = api.post(f"{check}/alerts", **ALERT)["alert"]
    assert alert["notifications"] == {"email": ["ops@example.org"], "slack": []}
    assert "comparison" not in alert


def test_an_alert_is_changed_and_deleted(api: Api) -> None:
    check = f"/v2/uptime/checks/{api.post('/v2/uptime/checks', **CHECK)['check']['id']}"
    path = f"{check}/alerts/{api.post(f'{check}/alerts', **ALERT)['alert']['id']}"
    assert api.put(path, **(ALERT | {"period": "5m"}))["alert"]["period"] == "5m"
    api.delete(path)
    api.refused(404, "GET", path)


def test_a_monitor_alert_is_made_changed_and_deleted(api: Api) -> None:
    policy = api.post("/v2/monitoring/alerts", **POLICY)["policy"]
    path = f"/v2/monitoring/alerts/{policy['uuid']}"
    assert (policy["entities"], policy["alerts"]["slack"]) == ([], [])
    assert api.put(path, **(POLICY | {"value": 90}))["policy"]["value"] == 90
    assert len(api.get("/v2/monitoring/alerts")["policies"]) == 1
    api.delete(path)
    api.refused(404, "GET", path)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v2/uptime/checks", CHECK | {"regions": ["mars"]}, "regions"),
        ("/v2/uptime/checks", CHECK | {"type": "gopher"}, "type"),
        ("/v2/monitoring/alerts", POLICY | {"type": "v1/insights/droplet/mood"}, "type"),
        ("/v2/monitoring/alerts", POLICY | {"window": "1s"}, "window"),
    ],
)
def test_what_cannot_be_watched_is_refused(api: Api, path: str, body: dict[str, Any], field: str) -> None:
    assert api.refused(422, "POST", path, **body).startswith(field)
