"""What comes before what: a release that fails must find everything old still serving."""

from tests.infra.build import Build
from tests.infra.engine import Engine


def test_the_release_comes_before_every_process_of_the_site(build: Build) -> None:
    release, pull = build.one("command.Command", "release"), build.one("command.Command", "release-pull")
    for service in build.services(of_the_image=True):
        assert release.urn in build.before(service), service.name
    assert pull.urn in build.before(release)


def test_a_release_finds_the_schema_prepared_and_the_broker_running(build: Build) -> None:
    before = build.before(build.one("command.Command", "release"))
    assert build.one("command.Command", "schema").urn in before
    assert build.one("docker.Service", "broker").urn in before
    assert build.one("command.Command", "broker-runs").urn in before


def test_the_proxy_starts_with_its_file_in_place(build: Build) -> None:
    assert build.one("command.Command", "proxy-file").urn in build.before(build.one("docker.Service", "proxy"))


def test_the_image_is_checked_before_its_migrations_and_before_anything_that_serves_is_touched(build: Build) -> None:
    check = build.one("command.Command", "release-check").urn
    assert check in build.before(build.one("command.Command", "release"))
    for service in build.services(of_the_image=True):
        assert check in build.before(service), service.name


def test_without_a_check_there_is_none(engine: Engine) -> None:
    assert "release-check" not in {command.name for command in engine.build("staging", deployCheck="none").all("command.Command")}


def test_without_a_release_command_the_image_is_still_fetched_first(engine: Engine) -> None:
    build = engine.build("staging", releaseCommand="")
    assert {command.name for command in build.all("command.Command") if command.name.startswith("release")} == {
        "release-pull",
        "release-user",
        "release-check",
    }
    for service in build.services(of_the_image=True):
        assert build.one("command.Command", "release-pull").urn in build.before(service), service.name


def test_what_is_on_the_droplet_goes_with_it(build: Build, full: Build) -> None:
    """Docker's objects on a lost droplet can't be asked to go; and they are made anew on the one that takes its place."""
    for stack in (build, full):
        there = [found for found in stack.resources.values() if found.type.startswith("docker:")]
        assert {found.short for found in there} >= {"docker.Network", "docker.Volume", "docker.Secret", "docker.Service"}
        assert {found.name: found.deleted_with for found in there} == dict.fromkeys(
            (found.name for found in there), stack.one("digitalocean.Droplet").urn
        )


def test_the_address_moves_to_a_droplet_on_which_all_of_the_site_runs(build: Build) -> None:
    before = build.before(build.one("digitalocean.ReservedIpAssignment"))
    for service in build.all("docker.Service"):
        assert service.urn in before, service.name
        assert build.one("command.Command", f"{service.name}-runs").urn in before
    for name in ("release", "proxy-file", "servers-data"):
        assert build.one("command.Command", name).urn in before


def test_files_are_taken_over_before_anything_of_the_site_is_made_and_the_rest_when_the_address_has_moved(build: Build) -> None:
    files, rest = build.one("command.Command", "servers-data"), build.one("command.Command", "address-moved")
    for found in build.resources.values():
        if found.type.startswith("docker:"):
            assert files.urn in build.before(found), found.name
    assert build.one("digitalocean.ReservedIpAssignment").urn in build.before(rest)
