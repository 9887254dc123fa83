"""The cloud's API fails: a run ends well, or says what to do, and nothing that costs money is left unknown."""

from collections import Counter
from collections.abc import Iterator

import pytest

from rehearsal.home import Home
from tests.engine.cli import Driven, found
from tests.engine.conftest import driven

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]


@pytest.fixture(scope="module")
def stack(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Driven:
    """All of a stack but the site itself: what the cloud's API makes."""
    return driven(home, tmp_path_factory.mktemp("config"), {"site:deploySite": False, "site:alertEmail": "ops@example.com"})


@pytest.fixture(autouse=True)
def _no_fault_is_left(stack: Driven) -> Iterator[None]:
    yield
    stack.fault()


def droplets(stack: Driven) -> int:
    return Counter(thing["kind"] for thing in stack.apis.inventory())["digitalocean:droplet"]


def test_refusals_delays_and_a_repeated_creation_do_not_stop_a_first_up(stack: Driven) -> None:
    stack.fault(
        {"kind": "429", "method": "POST", "path": "/v2/tags", "seconds": 2},
        {"kind": "500-before", "method": "POST", "path": "/v2/firewalls"},
        {"kind": "hang", "method": "POST", "path": "/v2/account/keys", "seconds": 5},
        {"kind": "404-after-create", "method": "POST", "path": "/v2/droplets", "nth": 2, "seconds": 12},
        {"kind": "500-after", "method": "POST", "path": "/v2/droplets"},
    )
    assert stack.up().keys() == {"create"}
    assert len(stack.fired()) == 5
    stack.fault()


def test_what_the_repetition_made_twice_is_named_with_the_command_that_deletes_it(stack: Driven) -> None:
    assert droplets(stack) == 2, "the provider repeats a POST whose answer was lost"
    told = stack.ci("recover")
    assert told.returncode == 4, told.stdout + told.stderr
    command = found(r"python -m ci recover --stack staging (--delete Droplet/\d+)", told.stdout)
    done = stack.ci("recover", *command.split())
    assert (done.returncode, droplets(stack)) == (0, 1), done.stdout + done.stderr
    assert stack.up().keys() == {"same"}


def test_a_connection_cut_after_the_commit_makes_no_unknown_record(stack: Driven) -> None:
    stack.set("site:aliases", [*stack.get("site:aliases"), "other.staging.localhost"])
    stack.fault({"kind": "reset-after", "method": "POST", "path": "/v2/domains/{zone}/records"})
    assert stack.up()["create"] == 1
    stack.fault()
    told = stack.ci("recover")
    assert told.returncode == 4, told.stdout + told.stderr
    done = stack.ci("recover", "--delete", found(r"--delete (DnsRecord/\d+)", told.stdout))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_token_revoked_in_the_middle_fails_with_the_command_that_mends_it_and_then_goes_on(stack: Driven) -> None:
    stack.set("site:sshFrom", [*stack.get("site:sshFrom"), "203.0.113.9/32"])
    stack.set("site:alertEmail", "others@example.com")
    stack.fault({"kind": "revoked", "method": "PUT", "path": "/v2/*"})
    message = stack.fails()
    assert "DigitalOcean does not take the token" in message
    assert "pulumi config set --secret digitalocean:token --stack staging" in message
    stack.fault()
    assert "update" in stack.up()
    assert stack.preview_after_refresh().keys() == {"same"}


@pytest.mark.parametrize("kind", ["500-after", "404-after-create"])
def test_a_creation_that_the_provider_gives_up_after_the_commit_is_named_by_recover(stack: Driven, kind: str) -> None:
    """Of all that is made, DigitalOcean's provider has patience with a new droplet only."""
    stack.destroy()
    stack.fault({"kind": kind, "method": "POST", "path": "/v2/vpcs"})
    message = stack.fails()
    stack.fault()
    assert "python -m ci recover --stack staging` names it" in message
    told = stack.ci("recover")
    assert stack.ci("recover", "--delete", found(r"--delete (Vpc/\S+)", told.stdout)).returncode == 0
    assert stack.up().keys() <= {"create", "same"}
