"""The process as its clients meet it: over HTTPS, with the official Python client, until it is told to stop."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from pydo import Client

from tests.certificate import certificate
from tests.cloud.digitalocean_server import REPOSITORY, TOKEN
from tests.cloud.recording_world import SECONDS

pytestmark = pytest.mark.integration

VPC = {"name": "net", "region": "fra1", "ip_range": "10.20.0.0/20"}


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The running process and where it is reached."""

    process: subprocess.Popen[str]
    url: str
    authority: Path

    def client(self, token: str = TOKEN) -> Client:
        return Client(token=token, endpoint=self.url, connection_verify=str(self.authority))

    def calls(self) -> Any:
        context, authorization = ssl.create_default_context(cafile=self.authority), {"authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=self.url, verify=context) as client:
            return client.get("/rehearsal/calls", headers=authorization).raise_for_status().json()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """`python -m rehearsal.cloud` on a free port, with a throw-away certificate."""
    pem = certificate(tmp_path)
    command = [sys.executable, "-m", "rehearsal.cloud", "--dir", str(tmp_path), "--cert", str(pem), "--key", str(pem)]
    environment = os.environ | {"DIGITALOCEAN_TOKEN": TOKEN, "GITLAB_TOKEN": "glpat-of-the-test"}
    log = (tmp_path / "log").open("w")
    with log, subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        assert process.stdout
        try:
            running = Cloud(process=process, url=process.stdout.readline().strip(), authority=pem)
            yield running
            assert process.poll() is not None or running.calls()["unlisted"] == []
        finally:
            process.terminate()


def test_the_official_client_makes_a_droplet_and_deletes_it(cloud: Cloud) -> None:
    with cloud.client() as client:
        vpc = client.vpcs.create(VPC)["vpc"]["id"]
        order = {"name": "web", "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-13-x64", "vpc_uuid": vpc}
        droplet = client.droplets.create(order)["droplet"]["id"]
        _wait(lambda: client.droplets.get(droplet)["droplet"]["status"] == "active")
        client.droplets.destroy(droplet)
        _wait(lambda: droplet not in [each["id"] for each in client.droplets.list()["droplets"]])
        client.vpcs.delete(vpc)


def test_the_official_client_makes_a_database_and_its_user(cloud: Cloud) -> None:
    with cloud.client() as client:
        vpc = client.vpcs.create(VPC)["vpc"]["id"]
        order = {"name": "main", "engine": "pg", "version": "17", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "fra1"}
        cluster = client.databases.create_cluster(order | {"private_network_uuid": vpc})["database"]["id"]
        _wait(lambda: client.databases.get_cluster(cluster)["database"]["status"] == "online")
        user = client.databases.add_user(cluster, {"name": "site"})["user"]
        assert client.databases.get_user(cluster, "site")["user"] == user


def test_the_official_client_understands_a_refusal(cloud: Cloud) -> None:
    with cloud.client() as client:
        client.vpcs.create(VPC)
        with pytest.raises(HttpResponseError, match="must be unique"):
            client.vpcs.create(VPC)
    with cloud.client("a token that is wrong") as stranger, pytest.raises(HttpResponseError, match="Unable to authenticate"):
        stranger.account.get()


def test_one_process_answers_for_gitlab_too(cloud: Cloud) -> None:
    context = ssl.create_default_context(cafile=cloud.authority)
    with httpx.Client(base_url=cloud.url, verify=context) as client:
        assert client.get("/api/v4/user", headers={"private-token": "glpat-of-the-test"}).status_code == 200
        assert client.get("/api/v4/user", headers={"private-token": TOKEN}).status_code == 401


def test_the_process_stops_when_it_is_told_though_a_client_is_connected(cloud: Cloud) -> None:
    with cloud.client() as client:
        client.account.get()
        cloud.process.terminate()
        assert cloud.process.wait(2 * SECONDS) == -signal.SIGTERM


def test_the_log_names_the_requests_and_no_token(cloud: Cloud, tmp_path: Path) -> None:
    with cloud.client() as client:
        client.account.get()
    cloud.process.terminate()
    cloud.process.wait(2 * SECONDS)
    log = (tmp_path / "log").read_text()
    assert "GET /v2/account 200" in log
    assert TOKEN not in log


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
