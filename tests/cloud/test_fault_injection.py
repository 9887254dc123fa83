"""Each kind of fault as the official clients meet it, over HTTPS."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from tests.cloud.digitalocean_server import TOKEN as DIGITALOCEAN_TOKEN
from tests.cloud.gitlab_server import Site, serving
from tests.cloud.recording_world import SECONDS

pytestmark = pytest.mark.integration

VPC = {"name": "net", "region": "fra1", "ip_range": "10.20.0.0/20"}
AUTHORIZATION = {"authorization": f"Bearer {DIGITALOCEAN_TOKEN}"}
CUT = (ServiceRequestError, ServiceResponseError)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site
        site.inject()  # Whatever is still held would keep the server from ending.


def test_429_comes_before_anything_is_made_and_says_when_to_try_again(site: Site) -> None:
    site.inject("429:POST /v2/vpcs", seconds=7)
    refusal = requests.post(f"{site.url}/v2/vpcs", json=VPC, verify=site.certificate, headers=AUTHORIZATION, timeout=SECONDS)
    assert (refusal.status_code, refusal.json()["id"], _names(site)) == (429, "too_many_requests", [])
    assert (refusal.headers["retry-after"], refusal.headers["ratelimit-remaining"]) == ("7", "0")
    _create_vpc(site)
    assert (_names(site), site.fired()) == (["net"], [1])


def test_the_official_client_waits_as_429_says_and_goes_on(site: Site) -> None:
    site.inject("429:GET /v2/account", seconds=1)
    started = time.monotonic()
    with site.digitalocean() as client:
        assert _status(client.account.get) == 200
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(("kind", "made"), [("500-before", []), ("500-after", ["net"])])
def test_500_comes_before_or_after_the_request_was_carried_out(site: Site, kind: str, made: list[str]) -> None:
    site.inject(f"{kind}:POST /v2/vpcs")
    with pytest.raises(HttpResponseError) as caught:
        _create_vpc(site)
    assert (caught.value.status_code, _names(site)) == (500, made)


def test_after_a_500_the_official_client_creates_a_second_one_by_itself(site: Site) -> None:
    site.inject("500-after:POST /v2/uptime/checks")
    with site.digitalocean(retry_backoff_factor=0) as client:
        client.uptime.create_check(
            {"name": "site", "type": "https", "target": "https://example.com", "regions": ["eu_west"], "enabled": True}
        )
    assert _names(site) == ["site", "site"]


def test_a_reset_cuts_the_connection_after_the_request_was_carried_out(site: Site) -> None:
    site.inject("reset-after:POST /v2/vpcs")
    with pytest.raises(CUT):
        _create_vpc(site)
    assert _names(site) == ["net"]
    _wait_for(lambda: _outcomes(site, "POST /v2/vpcs") == ["none"])


def test_a_reply_that_hangs_comes_when_the_faults_are_replaced(site: Site) -> None:
    site.inject("hang:POST /v2/vpcs")
    with ThreadPoolExecutor() as pool:
        creation = pool.submit(_create_vpc, site)
        _wait_for(lambda: _names(site) == ["net"])
        assert not creation.done()
        site.inject()
        assert creation.result(SECONDS)["vpc"]["name"] == "net"


def test_a_request_that_hangs_is_carried_out_when_its_time_is_over(site: Site) -> None:
    site.inject("hang-before:POST /v2/vpcs", seconds=0.3)
    started = time.monotonic()
    assert _create_vpc(site)["vpc"]["name"] == "net"
    assert time.monotonic() - started >= 0.3


def test_a_request_that_hangs_is_not_carried_out_for_a_client_that_has_gone(site: Site) -> None:
    site.inject("hang-before:POST /v2/vpcs")
    with pytest.raises(CUT):
        _create_vpc(site, read_timeout=0.2)
    # The request ends, without having done anything, because its client has gone.
    _wait_for(lambda: _outcomes(site, "POST /v2/vpcs") == ["none"])
    site.inject()
    assert _names(site) == []


def test_what_was_just_made_is_not_found_for_a_time(site: Site) -> None:
    site.inject("404-after-create:POST /v2/vpcs", seconds=0.3)
    made = _create_vpc(site)["vpc"]["id"]
    with site.digitalocean(retry_total=0) as client:
        assert (_status(client.vpcs.get, made), _names(site)) == (404, ["net"])
        _wait_for(lambda: _status(client.vpcs.get, made) == 200)


def test_a_revoked_token_is_refused_for_every_request_until_the_faults_are_replaced(site: Site) -> None:
    site.inject("revoked:POST /v2/vpcs:2")
    _create_vpc(site)
    with site.digitalocean(retry_total=0) as client:
        assert _status(client.vpcs.list) == 200
        assert [_status(client.vpcs.create, VPC | {"name": "other"}), _status(client.vpcs.list), _status(client.account.get)] == [401] * 3
        assert site.project().variables.list(get_all=True) == []
        site.inject()
        assert [vpc["name"] for vpc in client.vpcs.list()["vpcs"]] == ["net"]


def test_passwords_are_withheld_from_later_reads(site: Site) -> None:
    with site.digitalocean() as client:
        vpc = client.vpcs.create(VPC)["vpc"]["id"]
        order = {"name": "main", "engine": "pg", "version": "17", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "fra1"}
        cluster = client.databases.create_cluster(order | {"private_network_uuid": vpc})["database"]["id"]
        _wait_for(lambda: client.databases.get_cluster(cluster)["database"]["status"] == "online")
        password = client.databases.add_user(cluster, {"name": "site"})["user"]["password"]
        assert client.databases.get_user(cluster, "site")["user"]["password"] == password
        site.inject("passwords-withheld:GET /v2/databases*")
        assert client.databases.get_user(cluster, "site")["user"] == {"name": "site", "role": "normal"}
        database = client.databases.get_cluster(cluster)["database"]
    assert "password" not in database["connection"]
    assert database["connection"]["uri"].startswith("postgresql://doadmin@main.db.test:")
    assert [user["name"] for user in database["users"]] == ["doadmin", "site"]


def test_only_the_numbered_requests_meet_a_fault(site: Site) -> None:
    site.inject("500-before:GET /v2/account:2", "500-before:GET /v2/account:3", times=1)
    with site.digitalocean(retry_total=0) as client:
        assert [_status(client.account.get) for _ in range(4)] == [200, 500, 500, 200]
    assert site.fired() == [1, 1]


def test_a_wrong_fault_is_refused_and_those_in_force_stay(site: Site) -> None:
    site.inject("429:POST /v2/vpcs")
    reply = site.control("PUT", "faults", [{"kind": "explosion", "method": "POST", "path": "/v2/vpcs"}])
    assert reply.status_code == 422
    assert "0.kind" in reply.json()["message"]
    assert "reset-after" in reply.json()["message"]
    assert [fault["kind"] for fault in site.control("GET", "faults").json()] == ["429"]


def test_faults_need_the_token(site: Site) -> None:
    stranger = requests.put(f"{site.url}/rehearsal/faults", json=[], verify=site.certificate, timeout=SECONDS)
    assert stranger.status_code == 401
    assert DIGITALOCEAN_TOKEN not in stranger.text


def _create_vpc(site: Site, **options: Any) -> Any:
    with site.digitalocean(retry_total=0, **options) as client:
        return client.vpcs.create(VPC)


def _names(site: Site) -> list[str]:
    return [thing["name"] for thing in site.control("GET", "inventory").json()]


def _outcomes(site: Site, operation: str) -> list[str]:
    return [call["status"] for call in site.control("GET", "calls").json()["calls"] if call["operation"] == operation]


def _status(operation: Callable[..., Any], *arguments: Any) -> int | None:
    """The status of the answer; the client returns some refusals and raises others."""
    try:
        status: int = operation(*arguments, cls=lambda response, *_: response.http_response.status_code)
    except HttpResponseError as refusal:
        return refusal.status_code
    return status


def _wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
