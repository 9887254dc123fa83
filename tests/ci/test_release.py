"""A release: what is done in which order, and what is told when it fails."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ci import release as module
from ci.deployment import LockedError
from ci.front_door import ClosedError, DoorError
from ci.release import ReleaseError
from policy.violation import Violation
from tests.ci.running import EXPORTS, NEW, OLD, Running, declares


def test_the_image_is_fetched_before_the_engine_begins_and_visitors_are_asked_after(running: Callable[..., Running]) -> None:
    ran = running()
    assert ran.run(NEW) == NEW
    assert ran.done == ["pull", "up bbbb", "look"]


def test_without_an_image_what_runs_stays_also_after_a_rollback(running: Callable[..., Running]) -> None:
    ran = running()
    assert ran.run("") == OLD
    assert ran.done == ["up aaaa", "look"]


@pytest.mark.parametrize("names", [(), ("app",)], ids=["no site", "all renamed"])
def test_a_config_that_leaves_nothing_of_what_serves_is_refused(running: Callable[..., Running], names: tuple[str, ...]) -> None:
    ran = running(config=declares(*names))
    with pytest.raises(ReleaseError, match=r"would delete all services of the site \(web, worker\); nothing was changed"):
        ran.run("")
    assert ran.done == []


def test_a_config_that_takes_one_of_several_away_goes_on(running: Callable[..., Running]) -> None:
    assert running(config=declares("web")).run("") == OLD


@pytest.mark.parametrize(("image", "announced"), [("caddy:2", False), ("caddy:2.10", True)])
def test_another_proxy_is_announced_with_what_it_costs(running: Callable[..., Running], image: str, announced: bool) -> None:
    ran = running(config=declares("web", "worker", proxy=image))
    ran.run("")
    assert any(line.startswith(f"the proxy is replaced by {image}") for line in ran.said) is announced


def test_a_run_that_another_one_holds_up_touches_nothing(running: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_image: str, _tell: object) -> None:
        raise LockedError("locked by somebody")

    ran = running()
    monkeypatch.setattr(ran, "up", locked)
    with pytest.raises(LockedError):
        ran.run(NEW)
    assert ran.done == ["pull"]


def test_a_task_that_ends_while_visitors_are_asked_fails_the_release(running: Callable[..., Running]) -> None:
    """The swarm starts it anew, so that visitors may not notice."""
    ran = running(crashes=True)
    with pytest.raises(ReleaseError, match="a task of the release has ended since it began: web"):
        ran.run(NEW)
    assert ran.done[-1] == "up aaaa"


def test_visitors_are_asked_as_soon_as_what_they_reach_serves_and_only_once(running: Callable[..., Running]) -> None:
    ran = running(serves=True)
    assert ran.run(NEW) == NEW
    assert ran.done == ["pull", "up bbbb", "look", "watched"]


def test_a_look_that_nobody_needs_any_more_holds_nothing_up(running: Callable[..., Running]) -> None:
    ran = running(serves=True, fails="web-runs: the swarm did not keep the update", door=DoorError("still another release"))
    with pytest.raises(ReleaseError, match="did not keep the update"):
        ran.run(NEW)
    assert "up aaaa" in ran.done


def test_what_came_up_beside_what_did_not_goes_back_with_it(running: Callable[..., Running]) -> None:
    ran = running(fails="web: service rollback completed; hunter2-hunter2")
    with pytest.raises(ReleaseError) as failed:
        ran.run(NEW)
    assert ran.done[-3:] == ["back worker", "known aaaa", "up aaaa"], "the state says again what runs"
    assert f"everything runs what it ran before: {OLD}" in str(failed.value)
    assert "hunter2" not in str(failed.value)


def test_a_release_that_visitors_do_not_get_is_put_back_though_it_came_up(running: Callable[..., Running]) -> None:
    ran = running(door=DoorError("https://site.example/healthz answers 502"))
    with pytest.raises(ReleaseError, match="answers 502"):
        ran.run(NEW)
    assert ran.done[-4:] == ["look", "back web worker", "known aaaa", "up aaaa"]


def test_a_host_is_told_of_an_image_that_is_gone_back_to_before_the_check_could_refuse_it(running: Callable[..., Running]) -> None:
    ran = running()
    assert ran.run(NEW, back=True) == NEW
    assert ran.done == ["pull", "known bbbb", "up bbbb", "look"]


@pytest.mark.parametrize("exported", [{}, dict(EXPORTS)], ids=["the first", "a later one"])
def test_what_the_check_says_is_told_without_secrets(running: Callable[..., Running], exported: dict[str, str]) -> None:
    ran = running(exported=exported, checked="?: (security.W004) hunter2-hunter2")
    ran.run(NEW)
    assert "?: (security.W004) [secret]" in ran.said


def test_a_config_that_fails_is_put_back_on_the_host_and_not_run_again(running: Callable[..., Running]) -> None:
    ran = running(door=DoorError("https://site.example/healthz answers 502"))
    with pytest.raises(ReleaseError):
        ran.run("")
    assert ran.done == ["up aaaa", "look"]


def test_a_door_that_was_closed_before_is_no_fault_of_the_release(running: Callable[..., Running]) -> None:
    closed = ClosedError("203.0.113.9 has no certificate for site.example")
    ran = running(door=closed, door_before=closed)
    assert ran.run(NEW) == NEW
    assert any("warning: 203.0.113.9 has no certificate" in line and "point DNS there" in line for line in ran.said)


def test_a_door_that_a_release_closes_is_its_fault(running: Callable[..., Running]) -> None:
    ran = running(door=ClosedError("nobody answers"))
    with pytest.raises(ReleaseError, match="nobody answers"):
        ran.run(NEW)


def test_a_first_up_without_a_certificate_yet_ends_well_and_says_so(running: Callable[..., Running]) -> None:
    ran = running(exported={}, door=ClosedError("203.0.113.9 has no certificate for site.example"))
    assert ran.run(NEW) == NEW
    assert ran.done == ["up bbbb", "look"]
    assert any(line.startswith("warning: 203.0.113.9 has no certificate") for line in ran.said)


def test_a_stack_without_a_site_says_what_comes_next(running: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = running(exported={})
    monkeypatch.setattr(ran, "up", lambda _image, _tell: ran.exported.update({"image": "", "next": "push an image"}))
    assert ran.run("") == ""
    assert "push an image" in ran.said


@pytest.mark.parametrize(("said", "named"), [("canceling statement due to lock timeout", True), ("division by zero", False)])
def test_who_holds_locks_is_named_where_a_lock_was_waited_for(
    running: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, said: str, named: bool
) -> None:
    monkeypatch.setattr(module, "lock_holders", lambda _host, service: [f"process 7 beside {service}"])
    with pytest.raises(ReleaseError) as failed:
        running(fails=f"release: {said}").run(NEW)
    assert ("process 7 beside web" in str(failed.value)) is named


URN = "urn:pulumi:staging::site::site:infra:Network$digitalocean:index/firewall:Firewall::network"
AGAINST = Violation(id="SITE-NET-1", urn=URN, message="tcp 5432 is open to ::/0", mend="give the port the VPC's range")


def test_a_change_against_the_policy_is_not_made_and_how_to_mend_it_is_said(running: Callable[..., Running]) -> None:
    ran = running(against=[AGAINST])
    with pytest.raises(ReleaseError) as caught:
        ran.run("")
    assert ran.done == []
    assert str(caught.value).splitlines() == [
        "this is against the policy (policy/README.md), and nothing was changed:",
        "  SITE-NET-1 digitalocean Firewall network: tcp 5432 is open to ::/0",
        "    give the port the VPC's range",
        "    where it is meant: pulumi config set --path site:allowedViolations.SITE-NET-1 'why this stack may'",
    ]


def test_what_is_allowed_against_the_policy_is_said_and_goes_on(running: Callable[..., Running]) -> None:
    ran = running(against=[replace(AGAINST, allowed="for the audit")])
    assert ran.run("") == OLD
    assert any(line.startswith("warning: SITE-NET-1") and line.endswith("(allowed: for the audit)") for line in ran.said)


def test_the_first_release_of_a_stack_obeys_the_policy_too(running: Callable[..., Running]) -> None:
    ran = running(against=[AGAINST], exported={})
    with pytest.raises(ReleaseError, match="SITE-NET-1"):
        ran.run(NEW)
    assert ran.done == []


@pytest.mark.parametrize("back", [False, True])
def test_a_release_and_a_rollback_do_not_wait_for_the_policy(running: Callable[..., Running], back: bool) -> None:
    assert running(against=[AGAINST]).run(NEW, back=back) == NEW
