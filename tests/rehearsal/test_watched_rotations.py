"""Rotations of a rehearsed site's secrets, with visitors on it all the time: nobody notices, and the old value opens nothing."""

import subprocess
import time

import pytest

from bench.load import Background, Load
from rehearsal.apis import Apis
from rehearsal.home import Home
from rehearsal.host import Host
from rehearsal.stack import Stack
from tests.rehearsal.rehearsing import Visitor, rehearse, submit

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal, pytest.mark.usefixtures("staging")]
RATE = 8
GENERATED = ("database", "broker", "registry", "ciKey", "deployKey", "hostKey")
TASK = "docker service logs --since 30s --raw worker 2>&1 | grep -c 'tick.* succeeded' || true"


def rotated(*words: str) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
    """Run `rotate` with visitors on the site; gives what it told, and what was lost."""
    stack = Stack("staging", Home())
    with Background(Load(url=stack.url, ca_file=stack.home.certificate("staging"), rate=RATE)) as traffic:
        done = rehearse("rotate", *words)
    return done, traffic.report.lost


@pytest.mark.parametrize("secret", GENERATED)
def test_what_the_program_makes_is_rotated_unnoticed_and_the_old_one_is_refused(secret: str) -> None:
    done, lost = rotated(secret)
    assert done.returncode == 0, done.stdout + done.stderr
    assert lost == {}
    assert "the old value: refused" in done.stdout


def test_the_worker_goes_on_with_the_brokers_next_user() -> None:
    deadline = time.monotonic() + 60
    while Host(Home(), "staging").output(TASK).strip() == "0":
        assert time.monotonic() < deadline, "no task of beat's has come through the broker"
        time.sleep(1)


def test_nobody_is_logged_out_by_another_secret_key() -> None:
    password = rehearse("admin").stdout.split()[-1]
    with Visitor() as visitor:
        assert submit(visitor, "/admin/login/", {"username": "admin", "password": password}).status_code == 302
        done, lost = rotated("secretKey")
        assert (done.returncode, lost) == (0, {}), done.stdout + done.stderr
        assert "still opens sessions, until: python -m ci rotate secretKey --finish" in done.stdout
        assert visitor.see("/admin/").status_code == 200, "Django signs the session anew when it sees the old signature"
        done, lost = rotated("secretKey", "--finish")
        assert (done.returncode, lost) == (0, {}), done.stdout + done.stderr
        assert "the old value: refused" in done.stdout
        assert visitor.see("/admin/").status_code == 200


def test_a_rotation_that_fails_leaves_the_old_value_serving_and_says_so(staging: Visitor) -> None:
    before = Stack("staging", Home()).exports["rotated"]
    Apis(Home()).fault([{"kind": "500-before", "method": "POST", "path": "/v2/databases/*/users", "times": 20}])
    try:
        done, lost = rotated("database")
    finally:
        Apis(Home()).fault([])
    assert done.returncode == 1
    assert lost == {}
    assert "the old value serves: nothing was rotated" in done.stderr
    assert staging.see("/healthz").status_code == 200
    assert Stack("staging", Home()).exports["rotated"] == before


def test_gitlabs_token_is_exchanged_and_the_old_one_ends_itself(staging: Visitor) -> None:
    new = Apis(Home()).ask("POST", "tokens", json={"api": "gitlab"}).json()["token"]
    done = rehearse("rotate", "gitlab:token", "--stdin", stdin=new)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the old value: refused" in done.stdout
    assert new not in done.stdout + done.stderr
    assert rehearse("up", "--stack", "staging", "--json").returncode == 0, "with the new one"
    assert staging.see("/healthz").status_code == 200


def test_a_token_that_its_api_refuses_is_refused_before_anything_is_touched() -> None:
    done = rehearse("rotate", "gitlab:token", "--stdin", stdin="glpat-nobody-has-ever-given-this-out")
    assert done.returncode == 1
    assert "its API refuses the new one; nothing was changed" in done.stderr
    assert "nobody-has-ever" not in done.stdout + done.stderr
