"""The way from the site's cluster to a scratch one, and that cluster itself at a cloud that answers over real HTTP."""

import contextlib
import subprocess

import pytest

from ci.digitalocean import DigitalOcean
from ci.scratch import Way, edits, remove, scratch
from ci.thing import CloudError
from tests.ci.stage import Stage
from tests.cloud.digitalocean_server import TOKEN

OLD = Way(
    host="private-site.db.example.com",
    port=25060,
    administrator="doadmin",
    administrator_password="AVNS_admin",
    login="site1",
    password="AVNS_old",
    database="site",
)
NEW = Way(
    host="private-drill.db.example.com",
    port=25070,
    administrator="doadmin",
    administrator_password="AVNS_new-admin",
    login="site1",
    password="AVNS_new",
    database="site",
)


def edited(text: str) -> list[str]:
    done = subprocess.run(["sed", "-e", edits(OLD, NEW)], input=text, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_every_variable_leads_to_the_scratch_cluster_whatever_it_is_called() -> None:
    url = "postgres://site1:AVNS_old@private-site.db.example.com:25060/site?sslmode=verify-full&sslrootcert=/run/secrets/database-ca.crt"
    assert edited(f"DATABASE_URL='{url}'\nMY_HOST=private-site.db.example.com\nMY_PASSWORD=AVNS_old\nPGPORT=25060\nDEBUG=''\n") == [
        "DATABASE_URL='postgres://site1:AVNS_new@private-drill.db.example.com:25070/site?sslmode=require'",
        "MY_HOST=private-drill.db.example.com",
        "MY_PASSWORD=AVNS_new",
        "PGPORT=25070",
        "DEBUG=''",
    ]


def test_the_certificate_of_the_sites_cluster_is_not_asked_of_another() -> None:
    assert edited("PGSSLMODE=verify-full\nPGSSLROOTCERT=/run/secrets/database-ca.crt\n") == ["PGSSLMODE=require"]


def names(account: DigitalOcean) -> list[str]:
    return sorted(cluster["name"] for cluster in account.databases.list_clusters().get("databases") or [])


def prepared(stage: Stage) -> DigitalOcean:
    """An account with the stack's cluster, its database and its login."""
    cluster, account = stage.new_cluster(), DigitalOcean(TOKEN)
    account.databases.add(cluster, body={"name": "site"})
    account.databases.add_user(cluster, body={"name": "site1"})
    account.databases.update_firewall_rules(cluster, body={"rules": [{"type": "ip_addr", "value": "192.0.2.1"}]})
    return account


@pytest.mark.integration
def test_a_scratch_cluster_is_like_the_sites_and_goes_in_any_case(stage: Stage) -> None:
    account = prepared(stage)
    with scratch(account, "staging") as (old, new):
        assert (new.login, new.database) == (old.login, old.database)
        assert new.password != old.password
        made = next(found for found in account.databases.list_clusters()["databases"] if found["name"] == "site-staging-drill")
        assert [rule["value"] for rule in account.databases.list_firewall_rules(made["id"])["rules"]] == ["192.0.2.1"]
    assert names(account) == ["site-staging"]


@pytest.mark.integration
def test_a_drill_that_breaks_leaves_no_cluster(stage: Stage) -> None:
    account = prepared(stage)
    with contextlib.suppress(ZeroDivisionError), scratch(account, "staging"):
        raise ZeroDivisionError
    assert names(account) == ["site-staging"]


@pytest.mark.integration
def test_what_a_killed_drill_left_is_removed_by_the_next_and_no_orphan(stage: Stage) -> None:
    account = prepared(stage)
    left = scratch(account, "staging")
    left.__enter__()
    stage.holds()
    assert "-drill" not in stage.recover().out
    with scratch(account, "staging"):
        assert names(account).count("site-staging-drill") == 1
    assert remove(account, "staging") is False


@pytest.mark.integration
@pytest.mark.usefixtures("stage")
def test_a_stack_without_a_database_has_no_drill() -> None:
    with pytest.raises(CloudError, match="no database cluster site-staging"), scratch(DigitalOcean(TOKEN), "staging"):
        pass
