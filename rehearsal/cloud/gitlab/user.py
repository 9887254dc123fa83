"""Whose token it is, and which GitLab this claims to be: what clients ask before anything else."""

from rehearsal.cloud.gitlab.http import Call, Endpoint
from rehearsal.cloud.gitlab.records import Record

ME = {"id": 1, "username": "rehearsal", "name": "Rehearsal", "state": "active"}


def user(_call: Call) -> Record:
    # Without `web_url`: the official client warns where that is not the address that it was given.
    return dict(ME)


def version(_call: Call) -> Record:
    return {"version": "19.1.0", "revision": "rehearsal"}


ENDPOINTS = [Endpoint("GET", "/user", user), Endpoint("GET", "/version", version)]
