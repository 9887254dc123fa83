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


def test_the_proxy_starts_with_its_file_in_place(build: Build) -> None:
    assert build.one("command.Command", "proxy-file").urn in build.before(build.one("docker.Service", "proxy"))


def test_without_a_release_command_the_image_is_still_fetched_first(engine: Engine) -> None:
    build = engine.build("staging", releaseCommand="")
    assert [command.name for command in build.all("command.Command") if command.name.startswith("release")] == ["release-pull"]
    for service in build.services(of_the_image=True):
        assert build.one("command.Command", "release-pull").urn in build.before(service), service.name
