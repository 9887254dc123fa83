"""The conductor and the Pulumi CLI end with the same: in the cloud and on the host."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from rehearsal.home import CHECKOUT, Home
from rehearsal.host import Host
from tests.engine.conftest import missing
from tests.rehearsal.rehearsing import rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
# The provider notes the platform of an image that it looked up; the swarm looks it up itself where nobody did.
VOLATILE = (
    r"site.registry-login|ID|CreatedAt|UpdatedAt|Version|Index|Meta|ForceUpdate|PreviousSpec|UpdateStatus|Endpoint|SecretID|Runtime"
    "|Platforms"
)
OBJECTS = {
    "networks": "docker network ls --filter scope=swarm --format '{{.Name}} {{.Driver}}'",
    "volumes": "docker volume ls --format '{{.Name}}'",
    "secrets": "docker secret ls --format '{{.Name}}'",
    "images": "docker image ls --digests --format '{{.Repository}}@{{.Digest}}'",
    "files": "sudo find /srv/site -type f -exec md5sum {} +",
}


def plain(value: Any) -> Any:
    """Without identifiers, times, what is empty, and the parts of names that are chosen by chance."""
    if isinstance(value, dict):
        plainer = {key: plain(entry) for key, entry in sorted(value.items()) if not re.fullmatch(VOLATILE, key)}
        return {key: entry for key, entry in plainer.items() if entry}
    if isinstance(value, list):
        return sorted((plain(entry) for entry in value), key=json.dumps)
    return re.sub(r"-[0-9a-f]{7}$|^[0-9a-z]{25}$", "…", value) if isinstance(value, str) else value


def differences(first: Any, second: Any, path: str = "") -> list[str]:
    """Where two plain values differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        return [place for key in sorted({*first, *second}) for place in differences(first.get(key), second.get(key), f"{path}.{key}")]
    return [] if first == second else [f"{path}: {first} | {second}"]


def seen(engine: str) -> dict[str, Any]:
    """What an `up` by this engine makes; it is taken down again."""
    try:
        done = rehearse("up", "--engine", engine)
        assert done.returncode == 0, done.stdout + done.stderr
        host = Host(Home(), "staging")
        services = json.loads(host.output("docker service inspect $(docker service ls --quiet)"))
        inventory = json.loads((CHECKOUT / ".rehearsal" / "cloud.json").read_text())["collections"]
        found: dict[str, Any] = {name: sorted(map(plain, host.output(command).splitlines())) for name, command in OBJECTS.items()}
        return found | {
            "services": {service["Spec"]["Name"]: plain(service["Spec"]) for service in services},
            "cloud": Counter(kind for kind, things in inventory.items() for _ in things if kind != "actions"),
        }
    finally:
        rehearse("down")


def test_the_conductor_and_the_real_engine_leave_the_same_behind() -> None:
    if reason := missing(Home()):
        pytest.skip(reason)
    first, second = seen("conductor"), seen("pulumi")
    assert set(first["services"]) == {"web", "worker", "beat", "broker", "proxy"}
    found = differences(first, second)
    assert not found, "\n".join(found)
