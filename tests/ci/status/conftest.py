"""The stack staging in good health, between a cloud and a site that answer over real HTTPS, and a host that pretends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ci.status import command
from tests.ci.calling import call
from tests.ci.stage import CLUSTER, HOST_KEY, RUNNING, SERVICE, Stage, resource
from tests.ci.test_front_door import NAME, Site, site  # noqa: F401 - a fixture
from tests.cloud.gitlab_server import OTHER

GIB = 2**30
EXPORTS = {
    "url": f"https://{NAME}",
    "health": f"https://{NAME}/healthz",
    "image": RUNNING,
    "address": "127.0.0.1",
    "host": "203.0.113.10",
    "hostKey": HOST_KEY,
}


def ago(**time: int) -> str:
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Well:
    """What of it is otherwise, a test says."""

    stage: Stage
    site: Site
    capsys: pytest.CaptureFixture[str]

    def facts(self, *words: str) -> tuple[int, dict[str, Any]]:
        """The exit code, and the facts by `topic name`, of `status --json`."""
        self.capsys.readouterr()
        code = call(command, "--json", *words)
        told = json.loads(self.capsys.readouterr().out)
        return code, {f"{fact['topic']} {fact['name']}": fact for fact in told["facts"]}

    def said(self, *words: str) -> tuple[int, str]:
        """The exit code, and what people are told."""
        self.capsys.readouterr()
        return call(command, *words), self.capsys.readouterr().out

    def holds(self, *, rotated: dict[str, str], **exports: str) -> None:
        """The state, with other exports."""
        outputs = {**EXPORTS, **exports, "rotated": rotated}
        services = [resource(SERVICE, name, name, {"name": name}) for name in ("proxy", "web", "worker")]
        self.stage.holds(resource("pulumi:pulumi:Stack", "site-staging", outputs=outputs), *services, *self.clusters())

    def clusters(self) -> list[dict[str, Any]]:
        """The database of the state."""
        with self.stage.site.digitalocean() as client:
            made = client.databases.list_clusters().get("databases") or []
        return [resource(CLUSTER, "database", made[0]["id"])] if made else []

    def on_host(
        self, replicas: Mapping[str, str] = {}, *, free: float = 12.5, available: float = 1.5, size: str = "<size>1073741824</size>"
    ) -> None:
        """What its scripts print; `free` and `available` are GiB of 25 on disk and of 2 in memory."""
        running = {"proxy": "1/1", "web": "2/2", "worker": "1/1", **replicas}
        listed = "\n".join(json.dumps({"Name": name, "Replicas": count}) for name, count in running.items() if count)
        spec = {"Name": "web", "Labels": {"site.role": "serving"}, "TaskTemplate": {"ContainerSpec": {"Image": RUNNING}}}
        memory = f"MemTotal: {2 * GIB // 1024} kB\nMemAvailable: {int(available * GIB) // 1024} kB\n"
        self.stage.answer(
            host={
                "docker service ls --format": listed,
                "docker service ls --quiet": json.dumps([{"Spec": spec}]),
                "df --output=size,avail": f"{25 * GIB} {int(free * GIB)}\n{memory}",
                "read-size": f"{size}\n",
            }
        )


@pytest.fixture
def well(
    stage: Stage,
    site: Site,  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Well:
    """All is well with it, but that its registry is not there."""
    authorities = tmp_path / "authorities.crt"
    authorities.write_text(Path(stage.site.certificate).read_text() + site.ca_file.read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    monkeypatch.setenv("SITE_REGISTRY", "127.0.0.1:1")
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {keepReleases: {default: 5}}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config:\n  site:secretAges: {{secrets.STRIPE_KEY: 30}}\n  site:infraProject: {OTHER}\n")
    found = Well(stage, site, capsys)
    stage.new_cluster()
    found.holds(rotated={"database": ago(days=5)})
    found.on_host()
    update = {"kind": "update", "result": "succeeded", "startTime": ago(hours=3), "endTime": ago(hours=3)}
    stage.answer(history=[{**update, "config": {"site:image": {"value": RUNNING}}}], drift=[[], ""])
    return found
