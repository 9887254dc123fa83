"""`status`: what runs, in a few lines for people or as JSON."""

import contextlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ci.ages import ages
from rehearsal.apis import Apis
from rehearsal.cloud.world import WorldError
from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.site import answer
from rehearsal.stack import Stack

_TASKS = "docker service ls --format '{{json .}}'"


def status(home: Home) -> dict[str, Any]:
    """Of every stack: URL, whether it answers, release, and its services with their replicas, and how old its secrets are."""
    return {"cloud": Apis(home).url, "stacks": {name: _stack(Stack(name, home)) for name in home.stacks()}}


def _stack(stack: Stack) -> dict[str, Any]:
    exports = stack.exports
    found: dict[str, Any] = {
        "url": stack.url,
        "image": exports.get("image"),
        "address": exports.get("address"),
        "engine": stack.engine,
        "services": {},
        "secrets": [],
    }
    with contextlib.suppress(WorldError):
        limits = stack.settings(None)[0].secret_ages
        found["secrets"] = [asdict(age) for age in ages(exports.get("rotated") or {}, limits, now=datetime.now(UTC))]
    try:
        found["answer"] = answer(stack, "/")
    except OSError as error:
        found["answer"] = f"none: {error}"
    try:
        lines = Host(stack.home, stack.name).output(_TASKS).splitlines()
        found["services"] = {service["Name"]: service["Replicas"] for service in map(json.loads, lines)}
    except WorldError as error:
        found["error"] = str(error)
    return found
