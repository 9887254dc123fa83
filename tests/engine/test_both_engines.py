"""The conductor and the Pulumi CLI end with the same: in the cloud and on the host."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from rehearsal.home import CHECKOUT, Home
from rehearsal.host import Host
from tests.rehearsal.rehearsing import rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
VOLATILE = r"ID|CreatedAt|UpdatedAt|Version|Index|Meta|ForceUpdate|PreviousSpec|UpdateStatus|Endpoint|SecretID|Addr|Target|Runtime"
OBJECTS = {
    "networks": "docker network ls --filter scope=swarm --format '{{.Name}} {{.Driver}}'",
    "volumes": "docker volume ls --format '{{.Name}}'",
    "secrets": "docker secret ls --format '{{.Name}}'",
    "images": "docker image ls --digests --format '{{.Repository}}@{{.Digest}}'",
    "files": "sudo find /srv/site -type f -exec md5sum {} +",
}


def plain(value: Any) -> Any:
    """Without identifiers, times, and the parts of names that are chosen by chance."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in sorted(value.items()) if not re.fullmatch(VOLATILE, key)}
    if isinstance(value, list):
        return sorted((plain(entry) for entry in value), key=json.dumps)
    return re.sub(r"-[0-9a-f]{7}$", "-…", value) if isinstance(value, str) else value


def seen(engine: str) -> dict[str, Any]:
    """What an `up` by this engine makes; it is taken down again."""
    try:
        done = rehearse("up", "--engine", engine)
        assert done.returncode == 0, done.stdout + done.stderr
        home = Home()
        host = Host(home, "staging")
        services = json.loads(host.output("docker service inspect $(docker service ls --quiet)"))
        inventory = json.loads((CHECKOUT / ".rehearsal" / "cloud.json").read_text())["collections"]
        found: dict[str, Any] = {name: sorted(map(plain, host.output(command).splitlines())) for name, command in OBJECTS.items()}
        return found | {
            "services": {service["Spec"]["Name"]: plain(service["Spec"]) for service in services},
            "cloud": Counter(kind for kind, things in inventory.items() for _ in things if kind != "actions"),
        }
    finally:
        rehearse("down")


def test_the_conductor_and_the_real_engine_leave_the_same_behind(home: Home) -> None:
    rehearse("down")
    first, second = seen("conductor"), seen("pulumi")
    assert set(first["services"]) == {"web", "worker", "beat", "broker", "proxy"}
    for part in first:
        assert second[part] == first[part], part
    assert home.stacks() == []
