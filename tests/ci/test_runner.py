"""`runner`: ssh for the machine that runs the job, open while it runs, in a firewall of its own."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci import runner
from ci.thing import CloudError
from rehearsal.cloud.digitalocean import firewalls as stand_in
from rehearsal.cloud.gitlab import jobs
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import WorldError
from tests.ci.calling import call
from tests.ci.stage import Stage
from tests.cloud.gitlab_server import OTHER

pytestmark = pytest.mark.integration
MINE, NAME = "203.0.113.7", "runner-site-staging-4711"


@pytest.fixture
def stage(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stack with a firewall of its own, in job 4711."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config: {{site:infraProject: {OTHER}}}\n")
    monkeypatch.setenv("CI_JOB_ID", "4711")
    monkeypatch.setenv("RUNNER_ADDRESS", MINE)
    with stage.site.digitalocean() as client:
        client.tags.create(body={"name": "site-staging"})
    firewall(stage, "site-staging", "192.0.2.0/24")
    return stage


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, tuple[int, str]]]:
    """What the two services answer."""
    answers: dict[str, tuple[int, str]] = {"/one": (200, "8.8.8.8\n"), "/two": (200, "8.8.4.4\n")}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers[self.path]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setattr(runner, "SERVICES", (f"{address}/one", f"{address}/two"))
        yield answers
        server.shutdown()
        thread.join()


def firewall(stage: Stage, name: str, source: str = "192.0.2.1", **more: str) -> None:
    """One that is there, with a rule for ssh."""
    rule = {"protocol": "tcp", "ports": "22", "sources": {"addresses": [source]}}
    with stage.site.digitalocean() as client:
        client.firewalls.create(body={"name": name, "tags": ["site-staging"], "inbound_rules": [rule]})
    with stage.site.store as store:
        found = next(one for one in store["firewalls"].values() if one["name"] == name)
        found |= more


def firewalls(stage: Stage) -> dict[str, Any]:
    """By name: who may come in, where."""
    with stage.site.digitalocean() as client:
        found = client.firewalls.list()["firewalls"]
    return {one["name"]: [(rule["ports"], rule["sources"]["addresses"]) for rule in one["inbound_rules"]] for one in found}


def test_ssh_is_opened_for_one_address_beside_the_stacks_own_rules(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(runner, "open") == 0
    assert firewalls(stage) == {"site-staging": [("22", ["192.0.2.0/24"])], NAME: [("22", [f"{MINE}/32"])]}
    with stage.site.digitalocean() as client:
        assert [one["tags"] for one in client.firewalls.list()["firewalls"] if one["name"] == NAME] == [["site-staging"]]
    assert capsys.readouterr().out == f"✓ ssh to staging is open for {MINE}\n"


def test_an_address_of_ipv6_is_one_machine_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_ADDRESS", "2001:db8::7")
    assert call(runner, "open") == 0
    assert firewalls(stage)[NAME] == [("22", ["2001:db8::7/128"])]


def test_opening_again_follows_the_address_and_makes_no_second_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(runner, "open") == 0
    monkeypatch.setenv("RUNNER_ADDRESS", "203.0.113.8")
    assert call(runner, "open") == 0
    assert firewalls(stage)[NAME] == [("22", ["203.0.113.8/32"])]
    assert len(firewalls(stage)) == 2


def test_closing_takes_away_this_jobs_and_is_fine_twice(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(runner, "open") == 0
    assert call(runner, "close") == 0
    assert list(firewalls(stage)) == ["site-staging"]
    assert call(runner, "close") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [f"✓ closed: {NAME}", "✓ closed: nothing was open"]


def test_what_a_killed_job_left_is_closed_by_the_next_and_what_a_running_one_uses_is_not(stage: Stage) -> None:
    running, killed = (jobs.begin(stage.site.store, OTHER, name) for name in ("drift", "up"))
    jobs.end(stage.site.store, killed["id"], "canceled")
    for job in (running["id"], killed["id"], 99_999):
        firewall(stage, f"runner-site-staging-{job}")
    firewall(stage, "runner-site-production-99999")
    assert call(runner, "open") == 0
    assert set(firewalls(stage)) == {"site-staging", NAME, f"runner-site-staging-{running['id']}", "runner-site-production-99999"}


@pytest.mark.parametrize(("made", "stays"), [("2020-01-01T00:00:00Z", False), ("2999-01-01T00:00:00Z", True)])
@pytest.mark.parametrize("who", ["laptop", "5"])
def test_whom_gitlab_can_not_be_asked_about_is_left_behind_after_hours(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, who: str, made: str, stays: bool
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-wrong")
    firewall(stage, f"runner-site-staging-{who}", created_at=made)
    assert call(runner, "close") == 0
    assert (f"runner-site-staging-{who}" in firewalls(stage)) is stays


def test_by_hand_it_is_called_by_the_name_of_the_machine(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI_JOB_ID")
    monkeypatch.setattr("socket.gethostname", lambda: "my_laptop.local")
    assert call(runner, "open") == 0
    assert "runner-site-staging-my-laptop.local" in firewalls(stage)


def test_without_hosts_there_is_nothing_to_open(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    with stage.site.digitalocean() as client:
        client.firewalls.delete(client.firewalls.list()["firewalls"][0]["id"])
        client.tags.delete("site-staging")
    assert call(runner, "open") == 0
    assert capsys.readouterr().out == "✓ nothing to open: staging has no hosts yet\n"
    assert firewalls(stage) == {}


def test_a_firewall_that_does_not_reach_the_hosts_is_an_error(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.new_droplet()
    with stage.site.digitalocean() as client:
        id = client.droplets.list()["droplets"][0]["id"]
        client.tags.assign_resources("site-staging", body={"resources": [{"resource_id": str(id), "resource_type": "droplet"}]})

    def broken(*_arguments: object) -> None:
        raise WorldError("no droplet takes rules")

    monkeypatch.setattr(stage.site.world, "set_firewall", broken)
    with pytest.raises(CloudError, match=f"the firewall {NAME} did not reach the droplets"):
        call(runner, "open")


@pytest.mark.usefixtures("stage")
def test_it_is_waited_for_until_it_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    show, statuses = stand_in._show, ["waiting", "waiting", "waiting"]

    def slow(store: Store, firewall: Any) -> Any:
        return show(store, firewall) | ({"status": statuses.pop()} if firewall["name"] == NAME and statuses else {})

    monkeypatch.setattr(runner, "PAUSE", 0.001)
    monkeypatch.setattr(stand_in, "_show", slow)
    assert call(runner, "open") == 0
    assert statuses == []


def test_recover_does_not_take_it_for_a_thing_of_the_stack(stage: Stage) -> None:
    firewall(stage, "runner-site-staging-1")
    out = stage.recover().out
    assert "runner-site" not in out
    assert "Firewall site-staging is in no state" in out


@pytest.mark.parametrize("given", ["0.0.0.0", "192.0.2.0/24", "::", "224.0.0.1", "runner"])  # noqa: S104
def test_only_one_machine_can_be_let_in(stage: Stage, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("RUNNER_ADDRESS", given)
    with pytest.raises(CloudError, match=f"RUNNER_ADDRESS={given} is no address of one machine"):
        call(runner, "open")
    assert list(firewalls(stage)) == ["site-staging"]


def test_the_address_is_asked_for_where_none_is_given(
    stage: Stage, services: dict[str, tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNNER_ADDRESS")
    assert call(runner, "open") == 0
    assert firewalls(stage)[NAME] == [("22", ["8.8.8.8/32"])]
    services["/one"] = (503, "away")
    assert call(runner, "open") == 0
    assert firewalls(stage)[NAME] == [("22", ["8.8.4.4/32"])]


def test_an_answer_that_is_no_public_address_is_not_believed(
    stage: Stage, services: dict[str, tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNNER_ADDRESS")
    services |= {"/one": (200, "10.0.0.7"), "/two": (200, "<html>hello")}
    with pytest.raises(CloudError, match=r"10\.0\.0\.7.*<html>hello.*export RUNNER_ADDRESS=…"):
        call(runner, "open")
    assert json.dumps(firewalls(stage)).count("22") == 1
