"""What config can leave out or turn on."""

import pytest

from tests.infra.build import Build
from tests.infra.engine import Engine


def test_a_first_up_without_the_site_makes_the_cloud_and_says_what_comes_next(engine: Engine) -> None:
    build = engine.build("staging", deploySite=False, image="")
    assert "site:deploySite true" in build.exports["next"]
    assert build.exports["image"] == ""
    assert not [urn for urn in build.resources if "docker:index/service" in urn or "docker:index/secret" in urn or ":Site" in urn]
    for short in ("digitalocean.Droplet", "digitalocean.DatabaseCluster", "docker.Network"):
        assert build.one(short)
    assert build.one("command.Command", "schema"), "the schema needs no image"


def test_what_a_first_up_makes_stays_the_same_when_the_site_comes(engine: Engine, staging: Build) -> None:
    first = engine.build("staging", deploySite=False, image="")
    assert first.resources.keys() < staging.resources.keys()
    assert {urn: staging.resources[urn].inputs for urn in first.resources} == {urn: r.inputs for urn, r in first.resources.items()}


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_exports_are_few_and_say_where_the_site_is(stack: str, request: pytest.FixtureRequest) -> None:
    build: Build = request.getfixturevalue(stack)
    assert build.exports.keys() == {"url", "health", "address", "host", "hostKey", "image", "rotated", "databaseHost"}


def test_without_gitlab_projects_nothing_is_declared_there(engine: Engine) -> None:
    build = engine.build("staging", appProject="", infraProject="")
    assert not [urn for urn in build.resources if "gitlab:" in urn]
    assert build.one("pulumi.docker").plain["registryAuth"] == "[]", "an image that needs no credential is public"
    labels = {label["label"] for service in build.services(of_the_image=True) for label in service.plain["labels"]}
    assert labels == {"site.role"}


def test_without_a_zone_no_name_is_declared(engine: Engine) -> None:
    build = engine.build("staging", dnsZone="", manageDnsZone=False)
    assert not build.all("digitalocean.DnsRecord") + build.all("digitalocean.Domain")


def test_without_a_broker_there_is_none(engine: Engine) -> None:
    build = engine.build("staging", broker="none")
    assert not [urn for urn in build.resources if ":Broker" in urn]
    assert "BROKER_URL" not in build.one("command.Command", "release").plain["stdin"]


def test_without_an_address_for_alerts_the_site_is_still_checked(engine: Engine) -> None:
    build = engine.build("staging", alertEmail="")
    assert build.one("digitalocean.UptimeCheck").plain["target"] == "https://staging.example.com/healthz"
    assert not build.all("digitalocean.UptimeAlert") + build.all("digitalocean.MonitorAlert")


def test_the_registry_is_made_by_its_owner_and_only_named_by_the_other(engine: Engine, full: Build) -> None:
    assert full.one("digitalocean.ContainerRegistry").plain["name"] == "example"
    other = engine.build("staging", registry="digitalocean", registryName="example")
    assert not other.all("digitalocean.ContainerRegistry")
    assert other.one("digitalocean.ContainerRegistryDockerCredentials", "registry-1").plain["registryName"] == "example"


def test_credentials_are_asked_for_when_the_registry_is_there(full: Build) -> None:
    credentials = full.one("digitalocean.ContainerRegistryDockerCredentials", "registry-1")
    assert full.one("digitalocean.ContainerRegistry").urn in full.before(credentials)


def test_a_pool_has_no_user_of_its_own(full: Build) -> None:
    """A rotation of the login user would replace it."""
    pool = full.one("digitalocean.DatabaseConnectionPool").plain
    assert "user" not in pool
    assert pool["mode"] == "transaction"


def test_the_pool_is_reached_through_its_own_port_and_name(engine: Engine) -> None:
    build = engine.build("staging", databasePool=5, env={"POOLED": "{database.pool.url}", "DIRECT": "{database.url}"})
    lines = dict(line.split("=", 1) for line in build.one("command.Command", "release").plain["stdin"].splitlines())
    assert ":25061/site-pool?" in lines["POOLED"]
    assert ":25060/site?" in lines["DIRECT"]
    assert lines["DATABASE_URL"] == lines["DIRECT"], "cursors and locks break behind a pool, so that it is used where it is named"


def test_a_known_authority_makes_the_application_check_the_databases_certificate(full: Build, staging: Build) -> None:
    verified, required = (b.one("command.Command", "release").plain["stdin"] for b in (full, staging))
    assert "PGSSLMODE=verify-full\nPGSSLROOTCERT=/run/secrets/database-ca.crt\n" in verified
    assert "sslmode=verify-full&sslrootcert=/run/secrets/database-ca.crt" in verified
    assert "PGSSLMODE=require\n" in required
    assert "sslrootcert" not in required
