"""`recover`, where a person decides, or what was made is of no use: reserved addresses, secrets that are told once, GitLab's things."""

from typing import Any

import pytest

from tests.ci.stage import (
    ADDRESS,
    CLUSTER,
    DROPLET,
    PROTECTION,
    RECORD,
    TOKEN,
    USER,
    VARIABLE,
    VPC,
    ZONE,
    Stage,
    droplet,
    pending,
    resource,
    urn,
    wait_until,
)
from tests.cloud.gitlab_server import PATH

pytestmark = pytest.mark.integration

REGION = {"region": "fra1"}


def test_a_reserved_address_has_no_name_and_is_asked_about_with_the_commands(stage: Stage) -> None:
    first, second = stage.new_address(), stage.new_address()
    stage.holds(pending=[pending(ADDRESS, "network", REGION)])
    ran = stage.recover()
    assert ran.code == 3
    address = urn(ADDRESS, "network")
    assert ran.out.startswith("? ReservedIp network: it has no name to be known by, and 2 that nobody uses could be it:\n")
    for choice in (f"{address}={first}", f"{address}={second}", f"{address}="):
        assert f"python -m ci recover --stack staging --adopt '{choice}'\n" in ran.out
    assert len(stage.state.pending) == 1, "nothing is decided yet"
    assert not stage.calls("stack", "import")


def test_an_address_that_is_in_use_or_in_the_state_is_no_choice(stage: Stage) -> None:
    known, used = stage.new_address(), stage.new_address()
    with stage.site.digitalocean() as client:
        droplet = int(stage.new_droplet("web"))
        wait_until(lambda: not client.droplets.get(droplet)["droplet"]["locked"])
        client.reserved_ips_actions.post(used, body={"type": "assign", "droplet_id": droplet})
    stage.holds(resource(ADDRESS, "other", known, REGION), pending=[pending(ADDRESS, "network", REGION)])
    ran = stage.recover()
    assert (ran.code, ran.out) == (0, "✓ ReservedIp network: had not come into being\n")


def test_the_address_that_a_person_names_is_adopted(stage: Stage) -> None:
    address, _ = stage.new_address(), stage.new_address()
    stage.holds(pending=[pending(ADDRESS, "network", REGION)])
    ran = stage.recover("--adopt", f"{urn(ADDRESS, 'network')}={address}")
    assert (ran.code, ran.out) == (0, f"✓ ReservedIp network: {address} is it, as you said\n")
    assert [found["id"] for found in stage.state.of(ADDRESS)] == [address]
    assert stage.calls("refresh") == [["--yes", "--skip-preview", "--target", urn(ADDRESS, "network")]]


def test_none_of_them_is_an_answer_too(stage: Stage) -> None:
    stage.new_address()
    stage.holds(pending=[pending(ADDRESS, "network", REGION)])
    ran = stage.recover("--adopt", f"{urn(ADDRESS, 'network')}=")
    assert (ran.code, ran.out) == (0, "✓ ReservedIp network: nothing is it, as you said\n")
    assert (stage.state.pending, stage.state.resources) == ([], [])


def test_a_decision_that_is_missing_holds_up_the_others(stage: Stage) -> None:
    """What was adopted beside it is adopted when all is decided: nothing of a recovery is half in the state."""
    stage.new_address()
    stage.new_vpc("site-staging")
    stage.holds(pending=[pending(VPC, "network", {"name": "site-staging"}), pending(ADDRESS, "network", REGION)])
    assert stage.recover().code == 3
    assert (len(stage.state.pending), stage.state.resources) == (2, [])
    assert stage.recover("--adopt", f"{urn(ADDRESS, 'network')}=").code == 0
    assert [found["type"] for found in stage.state.resources] == [VPC]


def test_a_database_user_whose_password_nobody_was_told_is_deleted(stage: Stage) -> None:
    with stage.site.digitalocean() as client:
        order = {"name": "site-staging", "engine": "pg", "version": "17", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "fra1"}
        vpc = stage.new_vpc()["id"]
        cluster = client.databases.create_cluster(body=order | {"private_network_uuid": vpc})["database"]["id"]
        wait_until(lambda: client.databases.get_cluster(cluster)["database"]["status"] == "online")
        for name in ("site1", "site2"):
            client.databases.add_user(cluster, body={"name": name})
        inputs = {"clusterId": cluster, "name": "site2"}
        mine = resource(USER, "site1", f"{cluster}/user/site1", {"clusterId": cluster, "name": "site1"})
        stage.holds(resource(CLUSTER, "database", cluster, {"name": "site-staging"}), mine, pending=[pending(USER, "site2", inputs)])
        ran = stage.recover()
        assert ran.code == 0, ran.err
        told = "had come into being, but its secret was told only once; deleted, to be made anew"
        assert ran.out == f"✓ DatabaseUser site2: {told}\n"
        assert [user["name"] for user in client.databases.list_users(cluster)["users"]] == ["doadmin", "site1"]
    assert stage.state.resources[-1] == mine


def token(stage: Stage) -> Any:
    return stage.site.project().deploytokens.create({"name": "pull-staging", "scopes": ["read_registry"]})


def test_a_deploy_token_that_nobody_was_told_is_revoked_and_the_one_in_use_is_not(stage: Stage) -> None:
    used, made, inputs = token(stage), token(stage), {"project": PATH, "name": "pull-staging"}
    old = resource(TOKEN, "registry", f"{PATH}:{used.id}", inputs)
    stage.holds(old, pending=[pending(TOKEN, "registry", inputs)])
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert [found.id for found in stage.site.project().deploytokens.list()] == [used.id]
    assert made.id != used.id
    assert stage.state.resources == [old]


def test_a_variable_of_gitlab_is_known_by_its_key_and_scope(stage: Stage) -> None:
    project = stage.site.project()
    for scope in ("staging", "production"):
        project.variables.create({"key": "SSH_KEY", "value": "secret-value", "environment_scope": scope})
    inputs = {"project": PATH, "key": "SSH_KEY", "environmentScope": "staging"}
    stage.holds(pending=[pending(VARIABLE, "ssh-key", inputs), pending(VARIABLE, "other", inputs | {"key": "OTHER"})])
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert [found["id"] for found in stage.state.resources] == [f"{PATH}:SSH_KEY:staging"]
    assert "✓ ProjectVariable other: had not come into being\n" in ran.out
    assert "secret-value" not in ran.out


def test_what_was_deleted_to_be_replaced_is_not_deleted_once_more(stage: Stage) -> None:
    """Both have the same id: a branch's protection is known by the branch."""
    stage.site.project().protectedbranches.create({"name": "release"})
    inputs, id = {"project": PATH, "branch": "release"}, f"{PATH}:release"
    deleted = resource(PROTECTION, "release", id, inputs | {"pushAccessLevel": "developer"}, pendingReplacement=True)
    stage.holds(deleted, pending=[pending(PROTECTION, "release", inputs)])
    ran = stage.recover()
    assert ran.code == 0, ran.err
    [adopted] = stage.state.resources
    assert (adopted["id"], adopted["inputs"]) == (id, inputs)
    assert not adopted.keys() & {"delete", "pendingReplacement"}


def test_a_record_of_the_zone_is_known_by_its_name_and_type(stage: Stage) -> None:
    with stage.site.digitalocean() as client:
        client.domains.create(body={"name": "example.com"})
        order = {"type": "A", "name": "staging", "data": "203.0.113.20"}
        made = client.domains.create_record("example.com", body=order)["domain_record"]["id"]
    inputs = {"domain": "example.com", "name": "staging", "type": "A"}
    zone = resource(ZONE, "example.com", "example.com", {"name": "example.com"})
    stage.holds(zone, pending=[pending(RECORD, "staging", inputs), pending(RECORD, "ipv6", inputs | {"type": "AAAA"})])
    ran = stage.recover()
    assert ran.code == 0, ran.err
    assert [found["id"] for found in stage.state.of(RECORD)] == [str(made)]
    assert "✓ DnsRecord ipv6: had not come into being\n" in ran.out


@pytest.mark.parametrize(
    ("variable", "wrong", "type", "inputs", "whose"),
    [
        ("DIGITALOCEAN_TOKEN", "dop_v1_wrong", VPC, {"name": "site-staging"}, "DigitalOcean"),
        ("GITLAB_TOKEN", "glpat-wrong", VARIABLE, {"project": PATH, "key": "A"}, "GitLab"),
    ],
)
def test_a_wrong_token_is_named_and_not_shown(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, variable: str, wrong: str, type: str, inputs: dict[str, str], whose: str
) -> None:
    monkeypatch.setenv(variable, wrong)
    stage.holds(pending=[pending(type, "x", inputs)])
    ran = stage.recover()
    assert ran.code == 1
    assert ran.err.startswith(f"error: {whose}: ")
    assert "None" not in ran.err
    assert f"is {variable} (or the stack's {whose.lower()}:token) right?" in ran.err
    assert wrong not in ran.out + ran.err
    assert len(stage.state.pending) == 1


def test_the_stacks_config_has_the_token_where_the_environment_has_none(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.answer(config={"digitalocean:token": "dop_v1_of_the_test\n"})
    monkeypatch.delenv("DIGITALOCEAN_TOKEN")
    stage.holds(pending=[pending(DROPLET, "servers", {"name": "site-staging"})])
    assert stage.recover().code == 0
    stage.answer(config={})
    assert stage.recover().code == 1


def test_an_address_that_does_not_answer_is_told_in_words(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_BASE_URL", "https://127.0.0.1:1/api/v4/")
    stage.holds(*droplet(stage.new_droplet()), pending=[pending(VARIABLE, "x", {"project": PATH, "key": "A"})])
    ran = stage.recover()
    assert ran.code == 1
    assert ran.err.startswith("error: GitLab: ")
