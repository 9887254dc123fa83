"""`drift`: what is otherwise than the program made it, and the one issue that tells it."""

import json
from pathlib import Path
from typing import Any

import pytest
from gitlab.v4.objects import Project

from ci import drift
from ci.thing import CloudError
from rehearsal.cloud.gitlab import jobs
from tests.ci.calling import call
from tests.ci.stage import HOST_KEY, NETWORK, SERVICE, VARIABLE, Resource, Stage, resource, urn
from tests.cloud.gitlab_server import OTHER, PATH

pytestmark = pytest.mark.integration
FIREWALL, SECRET, DROPLET = "digitalocean:index/firewall:Firewall", "docker:index/secret:Secret", "digitalocean:index/droplet:Droplet"
HOST = "203.0.113.10"
PUT_BACK = "Put it back: pulumi refresh --yes --stack staging; python -m ci up --stack staging; or let the config say what it is now"


def event(op: str, type: str, name: str, *properties: str, key: str = "resOutputsEvent") -> dict[str, Any]:
    """As `pulumi refresh --preview-only --json` has it (3.260)."""
    detailed = {path: {"diffKind": "update", "inputDiff": False} for path in properties}
    metadata = {"op": op, "urn": urn(type, name), "type": type, "detailedDiff": detailed or None}
    return {"sequence": 1, "timestamp": 0, key: {"metadata": metadata, "planning": True}}


@pytest.fixture
def stage(stage: Stage, tmp_path: Path) -> Stage:
    """A stack that is as the program made it: a service, a network, a secret and a CI variable."""
    (tmp_path / "Pulumi.yaml").write_text("name: site\nconfig: {}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config: {{site:infraProject: {OTHER}, site:appProject: {PATH}}}\n")
    stage.holds(
        resource("pulumi:pulumi:Stack", "site-staging", outputs={"host": HOST, "hostKey": HOST_KEY}),
        resource(SERVICE, "web", "webweb"),
        resource(NETWORK, "site", "netnet"),
        resource(SECRET, "environment", "secsec"),
        resource(VARIABLE, "SSH_KEY", f"{OTHER}:SSH_KEY:staging"),
    )
    for key in ("SSH_KEY", "PULUMI_CONFIG_PASSPHRASE"):
        variable(stage.site.project(OTHER), key)
    finds(stage)
    runs(stage)
    return stage


@pytest.fixture
def project(stage: Stage) -> Project:
    """Where the issue is."""
    return stage.site.project(OTHER)


def variable(project: Project, key: str, scope: str = "staging") -> None:
    project.variables.create({"key": key, "value": "not-to-be-shown", "environment_scope": scope})


def finds(stage: Stage, *events: Resource, fails: str = "") -> None:
    """What a refresh says from now on."""
    same = [event("refresh", SERVICE, "web", key="resourcePreEvent"), event("same", SERVICE, "web")]
    stage.answer(drift=[[*same, *events], fails])


def runs(stage: Stage, *lines: str) -> None:
    """What is on the host from now on, beside what the program made and what Docker has by itself."""
    own = [f"network {name}id {name}" for name in ("bridge", "host", "none", "ingress", "docker_gwbridge")]
    known = ["service webweb web", "network netnet site", "secret secsec environment-1", "container c1 /web.1.x false task"]
    stage.answer(host={"docker service ls": "\n".join([*own, *known, "container c2 /release-staging true", *lines])})


def test_a_stack_that_is_as_it_was_made_has_none(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(drift) == 0
    assert capsys.readouterr().out == "✓ no drift\n"
    assert stage.calls("refresh") == [["--preview-only"]], "nothing is written"
    assert stage.calls("up") == []


def test_what_was_changed_by_hand_is_named_with_its_properties_and_what_is_gone_too(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    finds(stage, event("update", FIREWALL, "network", "inboundRules[1]", "inboundRules[0].portRange"), event("delete", DROPLET, "servers"))
    assert call(drift) == 4
    assert capsys.readouterr().out.splitlines() == [
        "changed by hand",
        "  digitalocean Firewall network (inboundRules[0].portRange, inboundRules[1])",
        "gone",
        "  digitalocean Droplet servers",
        PUT_BACK,
    ]


def test_what_a_provider_names_though_it_is_the_same_is_no_drift(stage: Stage) -> None:
    finds(stage, event("update", SERVICE, "web", "taskSpec.containerSpec.sysctl"))
    assert call(drift) == 0


def test_many_properties_are_told_in_short(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    finds(stage, event("update", SERVICE, "web", *"abcdefgh"))
    assert call(drift) == 4
    assert "docker Service web (a, b, c, d, e, 3 more)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("service xyz toy", f"docker service toy on {HOST}: ssh deploy@{HOST} docker service rm toy"),
        ("network xyz lan", f"docker network lan on {HOST}: ssh deploy@{HOST} docker network rm lan"),
        ("secret xyz key", f"docker secret key on {HOST}: ssh deploy@{HOST} docker secret rm key"),
        ("container xyz /db false", f"docker container db on {HOST}: ssh deploy@{HOST} docker container rm --force db"),
    ],
)
def test_what_somebody_made_on_the_host_is_not_ours(stage: Stage, capsys: pytest.CaptureFixture[str], line: str, told: str) -> None:
    runs(stage, line)
    assert call(drift) == 4
    assert capsys.readouterr().out == f"not ours\n  {told}\n"


@pytest.mark.parametrize(
    ("path", "scope", "counts"),
    [(OTHER, "staging", True), (OTHER, "*", True), (OTHER, "production", False), (PATH, "staging", True), (PATH, "*", False)],
)
def test_a_variable_that_somebody_made_is_named_without_its_value(
    stage: Stage, capsys: pytest.CaptureFixture[str], path: str, scope: str, counts: bool
) -> None:
    variable(stage.site.project(path), "TOKEN", scope)
    assert call(drift) == (4 if counts else 0)
    out = capsys.readouterr().out
    assert (f"CI variable TOKEN ({scope}) of {path}: glab variable delete TOKEN --scope '{scope}' --repo {path}" in out) is counts
    assert "not-to-be-shown" not in out


def test_in_one_project_for_both_the_apps_own_variables_are_its_peoples(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config: {{site:infraProject: {OTHER}, site:appProject: {OTHER}}}\n")
    variable(stage.site.project(OTHER), "SENTRY_TOKEN", "*")
    assert call(drift) == 0


def test_orphans_and_what_runners_left_open_are_named_with_their_commands(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    vpc = stage.new_vpc("site-staging")["id"]
    running = jobs.begin(stage.site.store, OTHER, "up")["id"]
    rule = {"protocol": "tcp", "ports": "22", "sources": {"addresses": ["192.0.2.1"]}}
    with stage.site.digitalocean() as client:
        for job in (running, 99_999):
            client.firewalls.create(body={"name": f"runner-site-staging-{job}", "inbound_rules": [rule]})
    assert call(drift) == 4
    assert capsys.readouterr().out.splitlines() == [
        "not ours",
        f"  digitalocean Vpc site-staging ({vpc}): python -m ci recover --stack staging --delete Vpc/{vpc}",
        "  digitalocean Firewall runner-site-staging-99999, left open by a job: python -m ci runner close --stack staging",
    ]


def test_what_can_not_be_looked_at_is_told_and_the_rest_is_looked_at(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    finds(stage, event("delete", DROPLET, "servers"), fails="error: no route to host")
    stage.answer(host=None)
    variable(stage.site.project(OTHER), "TOKEN")
    assert call(drift) == 4
    out = capsys.readouterr().out
    for told in (
        "digitalocean Droplet servers",
        "CI variable TOKEN",
        "could not look: error: no route to host",
        f"could not look: {HOST}: ",
    ):
        assert told in out


def test_what_failed_is_told_without_secrets(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps("hunter2-hunter2")}
    stage.holds(resource(SECRET, "environment", "secsec", outputs={"data": secret}))
    finds(stage, fails="error: hunter2-hunter2 is refused")
    assert call(drift) == 4, "what it holds no more is not ours"
    out = capsys.readouterr().out
    assert "could not look: error: [secret] is refused" in out
    assert "hunter2" not in out


def test_nothing_found_and_not_all_looked_at_is_a_failure(stage: Stage, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    stage.answer(host=None)
    assert call(drift, "--issue") == 1
    out = capsys.readouterr().out
    assert "no drift" not in out
    assert "issue left as it is" in out
    assert project.issues.list(get_all=True) == []


def test_before_the_first_up_there_is_no_host_to_ask(stage: Stage) -> None:
    stage.holds(resource(VARIABLE, "SSH_KEY", f"{OTHER}:SSH_KEY:staging"))
    assert call(drift) == 0
    assert stage.calls("ssh") == []


def test_one_issue_is_opened_updated_and_closed_and_opened_again(
    stage: Stage, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(stage, "service xyz toy")
    for _ in range(2):
        assert call(drift, "--issue") == 4
    finds(stage, event("update", FIREWALL, "network", "inboundRules"))
    assert call(drift, "--issue") == 4
    (issue,) = project.issues.list(get_all=True)
    assert (issue.title, issue.labels, issue.state) == ("Drift: staging", ["drift"], "opened")
    for words in (
        "**Changed by hand**",
        "- digitalocean Firewall network (inboundRules)",
        "- docker service toy on",
        "**Not ours**",
        "Put it back",
    ):
        assert words in issue.description
    finds(stage)
    runs(stage)
    assert call(drift, "--issue") == 0
    assert project.issues.get(issue.iid).state == "closed"
    assert call(drift, "--issue") == 0
    runs(stage, "service xyz toy")
    assert call(drift, "--issue") == 4
    assert [(found.iid, found.state) for found in project.issues.list(get_all=True)] == [(issue.iid, "opened")]
    told = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines() if line.startswith("issue #")]
    assert told == ["opened", "unchanged", "updated", "closed", "unchanged", "reopened"]


def test_an_issue_without_a_project_is_an_error(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {}\n")
    runs(stage, "service xyz toy")
    with pytest.raises(CloudError, match="site:infraProject is empty"):
        call(drift, "--issue")


def test_scripts_get_it_as_json(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    finds(stage, event("update", FIREWALL, "network", "inboundRules[1]"))
    assert call(drift, "--json") == 4
    told = json.loads(capsys.readouterr().out)
    found = {"kind": "changed by hand", "thing": "digitalocean Firewall network", "properties": ["inboundRules[1]"], "mend": ""}
    assert told == {"findings": [found], "unseen": [], "issue": ""}
