"""The account: one, with a limit of droplets as a new one has."""

from rehearsal.cloud.digitalocean.http import Call, Endpoint
from rehearsal.cloud.store import Object


def get(_call: Call) -> Object:
    return {
        "account": {
            "droplet_limit": 25,
            "floating_ip_limit": 5,
            "email": "rehearsal@example.com",
            "name": "Rehearsal",
            "uuid": "00000000-0000-4000-8000-000000000000",
            "email_verified": True,
            "status": "active",
            "status_message": "",
            "team": {"uuid": "00000000-0000-4000-8000-000000000001", "name": "Rehearsal"},
        }
    }


ENDPOINTS = [Endpoint("GET", "/v2/account", get)]
