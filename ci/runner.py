"""`runner`: ssh to a stack's hosts for the machine that runs the job, while it runs.

A cloud firewall of its own is added and taken away again: rules of several firewalls add up
(https://docs.digitalocean.com/products/networking/firewalls/), and the one in the state stays as the program says.
"""

import argparse
import ipaddress
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from gitlab import GitlabGetError
from rich.console import Console

from ci import config_file
from ci.cli import Cli
from ci.cloud import token
from ci.digitalocean import DigitalOcean
from ci.gitlab import GitLab
from ci.thing import CloudError, Thing

ADDRESS = "RUNNER_ADDRESS"
SERVICES = ("https://api.ipify.org", "https://checkip.amazonaws.com")
"""They answer with the address that they are asked from. Both have IPv4 alone, as the droplets have."""
LIMIT = 60
"""Seconds for a firewall to reach the droplets."""
PAUSE = 1.0
"""Seconds between two looks at it."""
OLD = timedelta(hours=3)
"""What GitLab can't be asked about is left behind when it is older: the longest job ends within an hour (GitLab's default timeout)."""
_ENDED = ("success", "failed", "canceled", "skipped")
_FIREWALL, _TAG = "digitalocean:index/firewall:Firewall", "digitalocean:index/tag:Tag"


@dataclass(frozen=True, kw_only=True)
class Access:
    """To the hosts of one stack. `ended` tells of a job's id whether it has ended; None where that can't be known."""

    stack: str
    digitalocean: DigitalOcean
    ended: Callable[[int], bool | None]

    @classmethod
    def of(cls, cli: Cli) -> "Access":
        """With the tokens of the environment, or of the stack's config."""
        project = str(config_file.of(cli).get("site:infraProject") or "")
        gitlab = GitLab(token(cli, "GITLAB_TOKEN", "gitlab:token"))
        digitalocean = DigitalOcean(token(cli, "DIGITALOCEAN_TOKEN", "digitalocean:token"))
        return cls(stack=cli.stack, digitalocean=digitalocean, ended=lambda job: _ended(gitlab, project, job))

    @property
    def name(self) -> str:
        """Of this job's firewall; `recover` does not take it for the stack's."""
        who = os.environ.get("CI_JOB_ID") or re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())
        return f"runner-site-{self.stack}-{who}"

    def open(self, address: str) -> bool:
        """Let this address in, and wait until it is; False where there are no hosts yet. Raises CloudError."""
        if f"site-{self.stack}" not in [tag.name for tag in self.digitalocean.things(_TAG)]:
            return False
        self.close()
        rule = {"protocol": "tcp", "ports": "22", "sources": {"addresses": [str(ipaddress.ip_network(address))]}}
        self.digitalocean.new_firewall({"name": self.name, "tags": [f"site-{self.stack}"], "inbound_rules": [rule]})
        deadline = time.monotonic() + LIMIT
        while found := [firewall for firewall in self.digitalocean.firewalls(self.name) if firewall["name"] == self.name]:
            if found[0]["status"] == "succeeded" and not found[0].get("pending_changes"):
                return True
            if found[0]["status"] == "failed" or time.monotonic() > deadline:
                break
            time.sleep(PAUSE)
        status = found[0]["status"] if found else "gone"
        raise CloudError(f"DigitalOcean: the firewall {self.name} did not reach the droplets ({status}); run it again")

    def close(self) -> list[str]:
        """Take this job's firewall away, and those that `left` names; gives their names. Raises CloudError."""
        mine = [firewall for firewall in self.digitalocean.firewalls(self.name) if firewall["name"] == self.name]
        gone = [*mine, *self.left()]
        for firewall in gone:
            self.digitalocean.delete(Thing(type=_FIREWALL, id=firewall["id"], name=firewall["name"]))
        return [firewall["name"] for firewall in gone]

    def left(self) -> list[dict[str, Any]]:
        """Firewalls of jobs that have ended and did not take them away. Raises CloudError."""
        found = self.digitalocean.firewalls(f"runner-site-{self.stack}-")
        return [firewall for firewall in found if firewall["name"] != self.name and self._is_left(firewall)]

    def _is_left(self, firewall: dict[str, Any]) -> bool:
        who = firewall["name"].removeprefix(f"runner-site-{self.stack}-")
        ended = self.ended(int(who)) if who.isdecimal() else None
        if ended is None:
            return datetime.now(UTC) - datetime.fromisoformat(firewall["created_at"]) > OLD
        return ended


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("action", choices=("open", "close"), help=f"the address is {ADDRESS}, or is asked for")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Do it; gives the exit code. Raises CloudError."""
    access = Access.of(cli)
    if options.action == "close":
        console.print(f"[green]✓[/green] closed: {', '.join(access.close()) or 'nothing was open'}", highlight=False)
        return 0
    address = own_address()
    opened = access.open(address)
    told = f"ssh to {cli.stack} is open for {address}" if opened else f"nothing to open: {cli.stack} has no hosts yet"
    console.print(f"[green]✓[/green] {told}", highlight=False)
    return 0


def own_address() -> str:
    """The public address of this machine. Raises CloudError."""
    if given := os.environ.get(ADDRESS, "").strip():
        if not _valid(given):
            raise CloudError(f"{ADDRESS}={given} is no address of one machine, like 192.0.2.10 or 2001:db8::10")
        return given
    said = {}
    for service in SERVICES:
        try:
            answer = requests.get(service, timeout=10, verify=os.environ.get("SSL_CERT_FILE") or True)
            said[service] = answer.content.decode(errors="replace").strip()[:60] if answer.ok else f"HTTP {answer.status_code}"
        except requests.RequestException as error:
            said[service] = type(error).__name__
        if _valid(said[service]) and ipaddress.ip_address(said[service]).is_global:
            return said[service]
    told = ", ".join(f"{service}: {answer}" for service, answer in said.items())
    raise CloudError(f"the public address of this machine is not known ({told}); set it: export {ADDRESS}=…")


def _valid(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast)


def _ended(gitlab: GitLab, project: str, job: int) -> bool | None:
    """A job that GitLab does not know has ended long ago."""
    if not project:
        return None
    try:
        with gitlab.project(project) as found:
            try:
                return found.jobs.get(job).status in _ENDED
            except GitlabGetError as error:
                return True if error.response_code == 404 and "Project" not in str(error) else None
    except CloudError:
        return None
