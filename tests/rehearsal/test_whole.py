"""The whole rehearsal, as a person runs it: up, look, up again, changes, Ctrl-C and kill in the middle, down."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.cloud.world import WorldError
from rehearsal.conductor.ledger import Ledger
from rehearsal.home import CHECKOUT, Home
from rehearsal.host import Host
from rehearsal.world import network
from rehearsal.world.engine import docker_cli
from tests.rehearsal.rehearsing import SITE, UP_LIMIT, Visitor, left_over, rehearse, steps, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]


@pytest.fixture
def overlay(tmp_path: Path) -> Callable[..., str]:
    """Writes an overlay with the stack's processes, changed."""

    def write(**changed: dict[str, Any] | None) -> str:
        processes = yaml.safe_load((CHECKOUT / "Pulumi.staging.yaml").read_text())["config"]["site:processes"]
        for name, values in changed.items():
            if values is None:
                del processes[name]
            else:
                processes[name] |= values
        file = tmp_path / "overlay.yaml"
        file.write_text(yaml.safe_dump({"config": {"site:processes": processes}}))
        return str(file)

    return write


def test_the_site_answers_over_https_and_says_its_release(staging: Visitor) -> None:
    reply = staging.see()
    assert reply.status_code == 200
    release = Ledger(Home().ledger("staging")).exports["image"].partition("@")[2]
    assert release in reply.text
    assert staging.see("/healthz").json()["release"] == release


def test_worker_and_beat_are_alive(staging: Visitor) -> None:
    page = staging.see().text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "name": "Visitor", "message": "three words here"}
    signed = staging.ask("POST", "/", data=form, headers={"Referer": f"https://{SITE}/"})
    assert signed.status_code in (200, 302), signed.text
    wait_for("the worker's result", lambda: "none yet" not in staging.see().text)
    wait_for("a beat", lambda: bool(re.search(r"\d+ s ago", staging.see().text)))


def test_plain_http_is_sent_to_https(staging: Visitor) -> None:
    reply = staging.request("GET", "http://127.0.0.1/", headers={"Host": SITE})
    assert (reply.status_code, reply.headers["location"]) == (308, f"https://{SITE}/")


def test_a_second_up_changes_nothing_and_asks_nobody(staging: Visitor) -> None:
    asked = Home().log.read_text()
    assert steps() == []
    assert Home().log.read_text() == asked
    assert staging.see("/healthz").status_code == 200


def test_a_changed_replica_count_is_exactly_one_update_that_is_waited_for(staging: Visitor, overlay: Callable[..., str]) -> None:
    file = overlay(beat={"memory": 128}, worker={"memory": 192, "replicas": 2})
    before = steps("--config", overlay(beat={"memory": 128}, worker={"memory": 192}))
    assert {step["name"] for step in before} == {"worker", "worker-runs", "beat", "beat-runs"}
    file = overlay(beat={"memory": 128}, worker={"memory": 192, "replicas": 2})
    assert {(step["op"], step["name"]) for step in steps("--config", file)} == {("update", "worker"), ("replace", "worker-runs")}
    assert staging.see("/healthz").status_code == 200


def test_a_removed_process_is_deleted_and_nothing_else(staging: Visitor, overlay: Callable[..., str]) -> None:
    file = overlay(beat=None, worker={"memory": 192, "replicas": 2})
    assert {(step["op"], step["name"]) for step in steps("--config", file)} == {("delete", "beat"), ("delete", "beat-runs")}
    assert staging.see("/healthz").status_code == 200


def test_no_secret_is_in_the_clear_on_the_host(staging: Visitor) -> None:  # noqa: ARG001 - it is there
    known = json.loads((Home().stack("staging") / "generated.json").read_text()) | json.loads(
        (Home().stack("cloud") / "generated.json").read_text()
    )
    made = Ledger(Home().ledger("staging")).entries
    users = [entry.outputs for entry in made if entry.type.endswith(("DatabaseUser", "DatabaseCluster"))]
    passwords = set(re.findall(r'"password": "([^"]{8,})"', json.dumps(users)))
    assert passwords
    seen = Host(Home(), "staging").output(
        "docker ps -q | xargs docker inspect; docker service ls -q | xargs docker service inspect;"
        "ps axww; sudo cat /var/log/cloud-init*.log;"
        "sudo cat /root/.docker/config.json ~/.docker/config.json 2>/dev/null; sudo grep -rs . /srv/site /dev/shm; true"
    )
    assert [name for name, value in known.items() if value in seen] == []
    assert not any(password in seen for password in passwords)


def test_only_what_the_cloud_firewall_allows_reaches_the_droplet(staging: Visitor) -> None:  # noqa: ARG001 - it is there
    address = Host(Home(), "staging").address
    probe = f'for port in 22 80 443 2377 7946 8000; do timeout 2 bash -c "</dev/tcp/{address}/$port" 2>/dev/null && echo $port; done; true'
    stranger = docker_cli("run", "--rm", f"--network={network.PUBLIC}", "rehearsal/base", "bash", "-c", probe)
    assert stranger.split() == ["80", "443"]


def test_a_stopped_up_goes_on_and_a_killed_one_is_taken_down(staging: Visitor) -> None:
    staging.close()
    assert rehearse("down").returncode == 0
    assert left_over() == {}

    with _up_in_the_middle() as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(UP_LIMIT) == 130
    assert rehearse("up").returncode == 0
    assert rehearse("down").returncode == 0
    assert left_over() == {}

    with _up_in_the_middle() as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert rehearse("down").returncode == 0
    wait_for("nothing to be left", lambda: left_over() == {}, limit=15)


def _up_in_the_middle() -> subprocess.Popen[bytes]:
    """An `up` that has begun to make a droplet."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rehearsal", "up"],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def begun() -> bool:
        try:
            return bool(docker_cli("ps", "--quiet", "--filter", "name=rehearsal-droplet"))
        except WorldError:
            return False

    wait_for("a droplet", begun, limit=UP_LIMIT)
    return process
