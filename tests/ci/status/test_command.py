"""`status`: how a stack is, asked of everybody who knows of it."""

from pathlib import Path

import pytest

from ci.cli import CliError
from tests.ci.stage import RUNNING
from tests.ci.status.conftest import Well, ago
from tests.ci.test_front_door import NAME
from tests.cloud.gitlab_server import OTHER

pytestmark = pytest.mark.integration


def test_a_stack_that_is_well_is_shown_whole_and_what_does_not_answer_is_said(well: Well) -> None:
    code, facts = well.facts()
    values = {name: fact["value"] for name, fact in facts.items()}
    assert values.pop("release number").startswith("unknown: the registry of registry.gitlab.com/group/app: ")
    assert {fact["state"] for name, fact in facts.items() if name != "release number"} == {"ok"}
    assert values["release image"] == RUNNING
    assert values["release since"].endswith("(3 hours)")
    assert values["site health"].startswith("answers in ")
    assert values["site certificate"].startswith("ends ")
    assert [values[f"services {name}"] for name in ("proxy", "web", "worker")] == ["1 of 1 run", "2 of 2 run", "1 of 1 run"]
    assert values["host disk"] == "50% of 25.0 GiB used, 12.5 GiB free"
    assert values["host memory"] == "25% of 2.0 GiB used, 1.5 GiB free"
    assert (values["database state"], values["database size"]) == ("online", "Postgres 17, 1 node of db-s-1vcpu-1gb")
    assert values["database disk"] == "1.0 GiB of 10.0 GiB are used by the site"
    assert values["database last backup"].endswith("less than a minute ago (DigitalOcean keeps 1)")
    assert values["drift drift"] == f"the daily job has told of none ({OTHER}); --drift looks now"
    assert values["secrets database"] == "5 days old (limit 180)"
    assert code == 1, "not everything could be asked"


def test_people_get_a_line_a_fact_and_below_it_what_to_do(well: Well) -> None:
    well.holds(rotated={"database": ago(days=5), "secrets.STRIPE_KEY": ago(days=31)})
    code, said = well.said()
    assert code == 4
    lines = said.splitlines()
    assert lines[0] == f"staging  https://{NAME}"
    [at] = [number for number, line in enumerate(lines) if line.startswith("! secrets.STRIPE_KEY  31 days old (limit 30)")]
    assert lines[at + 1].strip() == "→ python -m ci rotate secrets.STRIPE_KEY --stack staging"
    assert any(line.startswith("✓ web ") and line.endswith("2 of 2 run") for line in lines)
    assert any(line.startswith("? number ") for line in lines)


def test_scripts_get_counts_and_bytes(well: Well) -> None:
    _, facts = well.facts()
    assert facts["services web"]["data"] == {"running": 2, "wanted": 2}
    assert facts["host disk"]["data"] == {"bytes": 25 * 2**30, "free": 25 * 2**29}
    assert facts["database disk"]["data"] == {"bytes": 10 * 2**30, "used": 2**30}
    assert {key: facts["secrets database"]["data"][key] for key in ("days", "limit")} == {"days": 5, "limit": 180}


def test_a_host_that_does_not_answer_keeps_nothing_else_from_being_told(well: Well) -> None:
    well.stage.answer(host=None)
    code, facts = well.facts()
    for name in ("services replicas", "host disk and memory"):
        assert facts[name]["state"] == "unknown"
        assert "Connection timed out" in facts[name]["value"]
    assert facts["site health"]["state"] == facts["database state"]["state"] == "ok"
    assert facts["database disk"]["value"] == "10.0 GiB; how much is used is not known"
    assert code == 1


@pytest.mark.parametrize(
    ("replicas", "name", "state", "value"),
    [
        ({"web": "1/2"}, "web", "warn", "1 of 2 run"),
        ({"worker": "0/1"}, "worker", "bad", "0 of 1 run"),
        ({"worker": "0/0"}, "worker", "bad", "0 of 0 run"),
        ({"worker": ""}, "worker", "bad", "is not there"),
    ],
)
def test_a_process_that_does_not_run_whole_is_something_to_do(
    well: Well, replicas: dict[str, str], name: str, state: str, value: str
) -> None:
    well.on_host(replicas)
    code, facts = well.facts()
    assert (code, facts[f"services {name}"]["state"], facts[f"services {name}"]["value"]) == (4, state, value)
    assert facts[f"services {name}"]["hint"]


@pytest.mark.parametrize(("free", "available", "name"), [(4.9, 1.5, "disk"), (12.5, 0.1, "memory")])
def test_a_host_that_is_nearly_full_is_something_to_do(well: Well, free: float, available: float, name: str) -> None:
    well.on_host(free=free, available=available)
    code, facts = well.facts()
    full = [fact["name"] for key, fact in facts.items() if key.startswith("host ") and fact["state"] == "warn"]
    assert (code, full) == (4, [name])
    assert facts[f"host {name}"]["hint"].startswith("ssh deploy@203.0.113.10 docker ")


def test_a_database_that_is_nearly_full_is_something_to_do(well: Well) -> None:
    well.on_host(size=f"<size>{9 * 2**30}</size>")
    code, facts = well.facts()
    assert (code, facts["database disk"]["state"]) == (4, "warn")


def test_a_site_that_fails_is_told_in_its_own_words(well: Well) -> None:
    well.site.answers = [(503, "the database is away")]
    code, facts = well.facts()
    assert (code, facts["site health"]["state"]) == (4, "bad")
    assert "answers 503: the database is away" in facts["site health"]["value"]


def test_a_site_with_anothers_certificate_is_told_so(well: Well) -> None:
    well.holds(rotated={}, health="https://other.example/healthz")
    code, facts = well.facts()
    assert (code, facts["site certificate"]["state"]) == (4, "bad")
    assert "has no certificate for other.example" in facts["site certificate"]["value"]
    assert "DNS" in facts["site certificate"]["hint"]


def test_what_the_daily_job_has_found_is_something_to_do_until_its_issue_is_closed(well: Well) -> None:
    issue = well.stage.site.project(OTHER).issues.create({"title": "Drift: staging", "labels": ["drift"], "description": "some"})
    code, facts = well.facts()
    assert (code, facts["drift drift"]["state"]) == (4, "warn")
    assert facts["drift drift"]["value"].startswith(f"the daily job has found some: issue #{issue.iid} of {OTHER}, ")
    well.stage.site.project(OTHER).issues.update(issue.iid, {"state_event": "close"})
    code, facts = well.facts()
    assert (code, facts["drift drift"]["state"]) == (1, "ok")


def test_drift_is_looked_for_where_that_is_asked(well: Well) -> None:
    event = {"op": "delete", "urn": "urn:pulumi:staging::site::digitalocean:index/tag:Tag::network", "type": "digitalocean:index/tag:Tag"}
    well.stage.answer(drift=[[{"sequence": 1, "resOutputsEvent": {"metadata": event}}], ""], host={})
    code, facts = well.facts("--drift")
    assert (code, facts["drift drift"]["state"]) == (4, "warn")
    assert "digitalocean Tag network" in facts["drift drift"]["value"]
    assert well.stage.calls("refresh") == [["--preview-only"]]


def test_a_stack_without_a_project_for_the_issue_says_nothing_of_drift(well: Well, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {}\n")
    assert "drift drift" not in well.facts()[1]


def test_a_stack_on_which_nothing_runs_yet_is_sent_to_its_first_release(well: Well) -> None:
    well.stage.holds()
    code, facts = well.facts()
    assert facts.keys() == {"release image", "drift drift", "secrets ages"}
    assert "python -m ci up --stack staging --image" in facts["release image"]["hint"]
    assert "python -m ci up --stack staging" in facts["secrets ages"]["value"]
    assert code == 0


def test_a_page_is_written_beside_what_is_told(well: Well, tmp_path: Path) -> None:
    code, said = well.said("--html", str(tmp_path / "status.html"))
    assert (code, "2 of 2 run" in said) == (1, True)
    assert "2 of 2 run" in (tmp_path / "status.html").read_text()


def test_a_stack_that_is_not_there_is_an_error(well: Well) -> None:
    well.stage.answer(state=None)
    with pytest.raises(CliError, match="no stack named 'staging' found"):
        well.said()
