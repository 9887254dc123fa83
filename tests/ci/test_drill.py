"""A drill from the command line: between a host that pretends and a cloud that answers over real HTTP."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ci.digitalocean import DigitalOcean
from tests.ci.stage import HOST_KEY, RUNNING, Stage, resource
from tests.cloud.digitalocean_server import TOKEN

pytestmark = pytest.mark.integration
SERVICES = json.dumps(
    [{"Spec": {"Name": "web", "Labels": {"site.role": "serving"}, "TaskTemplate": {"ContainerSpec": {"Image": RUNNING}}}}]
)
GOOD = {"migrated": True, "tables": 3, "rows": 1_000_000}


def snapshots() -> str:
    time = (datetime.now(UTC) - timedelta(minutes=90)).isoformat()
    dump = {"short_id": "abc123", "time": time, "tags": ["dump"], "summary": {"total_bytes_processed": 7}}
    return f"{json.dumps([dump])}\nResult=success\nExecMainStatus=0\n"


def prepared(stage: Stage, **host: Any) -> DigitalOcean:
    """A site on a host with a dump; `host` is what else it says."""
    stage.holds(resource("pulumi:pulumi:Stack", "site-staging", outputs={"hostKey": HOST_KEY, "host": "203.0.113.10", "image": RUNNING}))
    said = {"list": snapshots(), "restore": "", "note": ""} | {key: host[key] for key in host.keys() & {"list", "restore", "note"}}
    answers: dict[str, Any] = {f"site-backup {verb}": text for verb, text in said.items()}
    answers |= {"read-smoke": f"<smoke>{json.dumps(host.get('smoke', GOOD))}</smoke>", "docker service ls": SERVICES}
    stage.answer(host=answers)
    cluster, account = stage.new_cluster(), DigitalOcean(TOKEN)
    account.databases.add(cluster, body={"name": "site"})
    account.databases.add_user(cluster, body={"name": "site1"})
    return account


def names(account: DigitalOcean) -> list[str]:
    return sorted(cluster["name"] for cluster in account.databases.list_clusters().get("databases") or [])


def test_a_dump_that_the_image_can_work_with_is_a_recovery_and_its_result_is_kept(stage: Stage) -> None:
    account = prepared(stage)
    ran = stage.ci("drill", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["good"], told["dump"], told["rows"], told["age_minutes"]) == (0, True, "abc123", 1_000_000, 90)
    assert [script for [script] in stage.calls("ssh") if "site-backup" in script] == [
        "sudo site-backup list",
        "sudo site-backup restore abc123",
        "sudo site-backup note",
    ]
    assert names(account) == ["site-staging"]


def test_no_password_is_on_a_command_line(stage: Stage) -> None:
    prepared(stage)
    stage.ci("drill")
    assert not [script for [script] in stage.calls("ssh") if "AVNS_" in script]


def test_a_dump_without_the_images_migrations_is_no_good(stage: Stage) -> None:
    account = prepared(stage, smoke=GOOD | {"migrated": False})
    ran = stage.ci("drill")
    assert (ran.code, "it lacks migrations of the image that runs" in ran.out) == (1, True)
    assert names(account) == ["site-staging"]


def test_a_table_that_can_not_be_read_is_told_by_its_error(stage: Stage) -> None:
    prepared(stage, smoke={"unknown": "ProgrammingError"})
    ran = stage.ci("drill")
    assert (ran.code, "ends with ProgrammingError on a query" in ran.out) == (1, True)


def test_a_dump_that_can_not_be_restored_is_no_good_and_the_cluster_goes_all_the_same(stage: Stage) -> None:
    account = prepared(stage, restore=["pg_restore: error: could not execute query"])
    ran = stage.ci("drill")
    assert (ran.code, "could not execute query" in ran.out) == (1, True)
    assert names(account) == ["site-staging"]


def test_without_a_dump_one_is_made_first_and_without_that_nothing(stage: Stage) -> None:
    account = prepared(stage, list="[]\nResult=success\n")
    ran = stage.ci("drill")
    assert ["sudo systemctl start site-backup.service"] in stage.calls("ssh")
    assert (ran.code, "journalctl -u site-backup.service" in ran.err, names(account)) == (1, True, ["site-staging"])
