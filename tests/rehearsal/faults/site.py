"""A rehearsed site as whoever breaks it sees it: its droplet, its containers, its database, and the cloud's API."""

import shlex
import ssl
from typing import Any

import httpx

from bench.load import Load
from rehearsal.apis import Apis
from rehearsal.cloud.world import WorldError
from rehearsal.home import CHECKOUT, Home
from rehearsal.host import Host
from rehearsal.stack import Stack
from rehearsal.world import clusters, droplets
from tests.rehearsal.rehearsing import wait_for

OVERLAY = CHECKOUT / "bench" / "faults.yaml"
RATE = 10
"""Requests a second: two web tasks of one process with three threads each, and one request in twenty lasts two seconds."""
LIMIT = 180
"""Seconds after which something that has to come is given up."""


class Site:
    """The staging stack that is up."""

    def __init__(self) -> None:
        self.home = Home()
        self.stack = Stack("staging", self.home)
        self.host = Host(self.home, "staging")
        self.load = Load(url=self.stack.url, ca_file=self.home.certificate("staging"), rate=RATE)

    def root(self, script: str) -> str:
        """What a shell script prints that runs as root on the droplet."""
        return self.host.output("sudo sh -eu", stdin=script)

    def tasks(self, service: str) -> list[str]:
        """The containers of a service that run, by id."""
        return self.host.output(f"docker ps --quiet --filter label=com.docker.swarm.service.name={service}").split()

    def process(self, container: str) -> int:
        """The number of a container's first process on the droplet."""
        return int(self.host.output(f"docker inspect --format '{{{{.State.Pid}}}}' {container}"))

    def django(self, code: str) -> str:
        """What Python code prints in the site's own shell."""
        inside = "set -a; . /run/secrets/site.env; exec python3 manage.py shell -v 0"
        return self.host.output(f"docker exec --interactive {self.tasks('web')[0]} sh -c {shlex.quote(inside)}", stdin=code)

    @property
    def machine(self) -> str:
        """The container that plays the droplet."""
        return droplets.container(self._droplet)

    @property
    def cluster(self) -> str:
        """The container that plays the database cluster."""
        return clusters.container(self.api("GET", "/v2/databases")["databases"][0]["id"])

    def switch(self, action: str) -> None:
        """Switch the droplet at DigitalOcean's API, and wait until that is done."""
        path = f"/v2/droplets/{self._droplet}/actions"
        begun = self.api("POST", path, {"type": action})["action"]["id"]
        wait_for(action, lambda: self.api("GET", f"{path}/{begun}")["action"]["status"] != "in-progress", LIMIT)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """DigitalOcean's API, as somebody with a token asks it."""
        apis = Apis(self.home)
        reply = httpx.request(
            method,
            f"{apis.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {apis.token}", "Connection": "close"},
            verify=ssl.create_default_context(cafile=str(apis.ca)),
            timeout=30,
        )
        reply.raise_for_status()
        return reply.json() if reply.content else None

    @property
    def whole(self) -> bool:
        """Whether all tasks of all services run; one with a health check runs once it is healthy."""
        try:
            counts = self.host.output("docker service ls --format '{{.Replicas}}'").split()
        except WorldError:
            return False
        return bool(counts) and all(running == wanted for running, _, wanted in (count.partition("/") for count in counts))

    @property
    def _droplet(self) -> int:
        return int(self.api("GET", "/v2/droplets")["droplets"][0]["id"])
