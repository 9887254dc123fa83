"""`upgrade`: what waits, what it costs, and that it is done only when all is as it was."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ci import outage, upgrade
from tests.ci.stage import DROPLET, HOST_KEY, RUNNING, Stage, resource
from tests.ci.test_front_door import NAME, Site, site  # noqa: F401 - a fixture

pytestmark = pytest.mark.integration
LOOK, INSTALL, BORN, SERVICES = "dist-upgrade | sed", "systemd-run", "UserspaceTimestamp", "service ls"
DOCKER, OTHERS = "docker.io 26.1.6\nlibssl3t64 3.5.2\n", "libssl3t64 3.5.2\n"


@pytest.fixture
def stage(site: Site, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:  # noqa: F811 - the fixture
    """A site that answers, on a host for which a new Docker waits."""
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle(stage, site, tmp_path)))
    monkeypatch.setattr(upgrade, "PAUSE", 0.01)
    monkeypatch.setattr(outage, "STEADY", 0.05)
    monkeypatch.setattr(upgrade, "BACK", 2.0)
    exports = {"host": "203.0.113.10", "hostKey": HOST_KEY, "image": RUNNING, "health": f"https://{NAME}/healthz", "address": "127.0.0.1"}
    stage.holds(
        resource("pulumi:pulumi:Stack", "site-staging", outputs=exports),
        resource(DROPLET, "servers", "1", outputs={"ipv4Address": "203.0.113.10"}),
    )
    waits(stage, DOCKER)
    return stage


def bundle(stage: Stage, site: Site, folder: Path) -> Path:  # noqa: F811 - the fixture's value
    """Who signed the cloud's certificate, and the site's."""
    file = folder / "authorities.pem"
    file.write_text(Path(stage.site.certificate).read_text() + site.ca_file.read_text())
    return file


def waits(stage: Stage, packages: str, **host: str | int | list[str]) -> None:
    """What the host says from now on."""
    stage.answer(host={LOOK: packages, INSTALL: "", SERVICES: "", BORN: "Sun 2026-11-22 01:00:00 UTC"} | host)


def installed(stage: Stage) -> bool:
    return any(INSTALL in script for [script] in stage.calls("ssh"))


def test_what_waits_and_what_it_costs_is_said_before_it_is_done(stage: Stage) -> None:
    ran = stage.ci("upgrade")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[:2] == ["  docker.io 26.1.6", "  libssl3t64 3.5.2"]
    assert "docker.io restart every container: about" in lines[2]
    assert lines[-1] == "done: the site answered all the time"
    assert installed(stage)


def test_without_dockers_packages_nobody_notices(stage: Stage) -> None:
    waits(stage, OTHERS)
    ran = stage.ci("upgrade")
    assert (ran.code, "visitors notice nothing" in ran.out) == (0, True)


def test_a_dry_run_touches_nothing_and_says_that_something_waits(stage: Stage) -> None:
    ran = stage.ci("upgrade", "--dry-run")
    assert (ran.code, ran.out.splitlines()[-1]) == (4, "nothing was touched")
    assert not installed(stage)


def test_outside_of_the_window_nothing_is_touched(stage: Stage) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    window = f"{later:%H:%M}-{later + timedelta(hours=1):%H:%M}"
    ran = stage.ci("upgrade", "--window", window)
    assert (ran.code, ran.out.splitlines()[-1]) == (4, f"nothing was touched: it is not {window} UTC")
    assert not installed(stage)


def test_a_window_that_is_none_is_refused_before_anything_is_asked(stage: Stage) -> None:
    ran = stage.ci("upgrade", "--window", "2-4")
    assert (ran.code, "like 02:00-04:00" in ran.err) == (1, True)
    assert not stage.calls()


def test_a_host_that_is_up_to_date_is_left_alone(stage: Stage) -> None:
    waits(stage, "")
    ran = stage.ci("upgrade")
    assert (ran.code, ran.out) == (0, "everything is up to date\n")
    assert not installed(stage)


def test_a_host_that_has_to_boot_says_so_until_it_was_booted(stage: Stage) -> None:
    waits(stage, "reboot-required -\n")
    ran = stage.ci("upgrade")
    assert ran.code == 4
    assert "python -m ci upgrade --stack staging --reboot" in ran.out
    waits(stage, OTHERS, **{INSTALL: "reboot-required\n"})
    assert stage.ci("upgrade").code == 4


def test_a_reboot_goes_by_the_cloud_and_is_waited_for(stage: Stage) -> None:
    droplet = stage.new_droplet()
    exports = stage.state.outputs
    stage.holds(resource("pulumi:pulumi:Stack", "site-staging", outputs=exports), resource(DROPLET, "servers", droplet))
    ran = stage.ci("upgrade", "--reboot")
    assert ran.code == 1, "the pretended host says that it was never booted"
    assert "was told to boot, and is not back after" in ran.err
    with stage.site.digitalocean() as client:
        assert "reboot" in [action["type"] for action in client.droplet_actions.list(int(droplet))["actions"]]


def test_seconds_without_an_answer_are_counted_to_the_first_good_one(stage: Stage, site: Site) -> None:  # noqa: F811 - the fixture
    site.answers = [(200, "ok"), *[(502, "gone")] * 10, (200, "ok")]
    ran = stage.ci("upgrade", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["packages"] == {"docker.io": "26.1.6", "libssl3t64": "3.5.2"}
    assert (told["done"], told["reboot"]) == (True, False)
    assert told["outage"] > 0


def test_it_is_not_done_while_a_service_lacks_tasks(stage: Stage) -> None:
    waits(stage, DOCKER, **{SERVICES: "worker 0/1\n"})
    ran = stage.ci("upgrade")
    assert ran.code == 1
    assert "not all runs again: worker 0/1" in ran.err


def test_a_site_that_is_ill_already_is_mended_first(stage: Stage, site: Site) -> None:  # noqa: F811 - the fixture
    site.answers = [(500, "broken")]
    ran = stage.ci("upgrade")
    assert ran.code == 1
    assert "answers 500: broken; nothing was touched: mend that first" in ran.err
    assert not installed(stage)


def test_what_apt_says_of_a_failure_is_told(stage: Stage) -> None:
    waits(stage, DOCKER, **{INSTALL: ["dpkg: error processing package docker.io"]})
    ran = stage.ci("upgrade")
    assert (ran.code, "dpkg: error processing package docker.io" in ran.err) == (1, True)


def test_a_stack_without_a_host_is_sent_to_up(stage: Stage) -> None:
    stage.holds()
    ran = stage.ci("upgrade")
    assert (ran.code, ran.err) == (1, "error: staging has no host; make one with: python -m ci up --stack staging\n")
