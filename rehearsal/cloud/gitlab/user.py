"""Whose token it is, and which GitLab this claims to be: what clients ask before anything else."""

from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record


def user(_call: Call) -> Record:
    return {"id": 1, "username": "rehearsal", "name": "Rehearsal", "state": "active", "web_url": "https://gitlab.com/rehearsal"}


def version(_call: Call) -> Record:
    return {"version": "19.1.0", "revision": "rehearsal"}


ENDPOINTS = [Endpoint("GET", "/user", user), Endpoint("GET", "/version", version)]
