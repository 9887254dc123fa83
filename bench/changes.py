"""What each change of config does to a site that is being visited: in place, rolled without loss, or seconds of downtime.

On a rehearsed staging stack under the real Pulumi CLI, which it makes if need be. Prints a table and writes `bench/changes.json`:
rows of `change`, `does`, `updates`, `replaces`, `requests`, `lost`, `longest_gap_s`, `seconds`.
"""

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from bench.load import Background, Load, Report
from bench.rows import measured_by_the_cli
from ci.config_file import read
from rehearsal import sample
from rehearsal.apis import Apis
from rehearsal.cli_run import CliRun
from rehearsal.conductor.errors import ConductorError
from rehearsal.conductor.step import Op, Step
from rehearsal.home import CHECKOUT, Home
from rehearsal.stack import Stack
from rehearsal.stackfile import domain
from rehearsal.up import up
from rehearsal.workspace import Workspace
from rehearsal.world import network

STACK = "staging"
FILE = Path(__file__).with_suffix(".json")
SERVICE = "docker:index/service:Service"
RATE = 10
"""Requests a second: what one web process with four threads can take, with one request in twenty lasting two seconds."""
REST = 2
"""Seconds of load before and after each change."""
COLUMNS = ("change", "does", "updates", "replaces", "requests", "lost", "longest_gap_s", "seconds")


@dataclass(frozen=True)
class Change:
    """One edit of a stack file, and what it is to people."""

    what: str
    values: dict[str, Any]
    replace: str = ""
    """Or a resource that is made anew, by type and name."""
    release: bool = False
    """Or another image."""


def changes() -> list[Change]:
    """The everyday ones first; those that interrupt come last."""
    before = read(CHECKOUT / f"Pulumi.{STACK}.yaml")
    processes = before["site:processes"]
    two = {**processes, "web": {**processes["web"], "replicas": 2}}
    return [
        Change("image (a release)", {}, release=True),
        Change("environment variable", {"site:env": {**before.get("site:env", {}), "GREETING": "changed"}}),
        Change("secret of the site", {"site:secrets": {"STRIPE_KEY": "another-one-of-the-bench"}}),
        Change("Django's secret key", {"site:secretKey": "k" * 30 + "wTz7-9fBqL2mVxR4sYpD6gHjN8cK1aEuo3iW"}),
        Change("replicas", {"site:processes": two}),
        Change("alert address", {"site:alertEmail": "others@example.com"}),
        Change("firewall (sshFrom)", {"site:sshFrom": [f"{network.GATEWAY}/32", "203.0.113.0/24"]}),
        Change("CI variable (state backend)", {"site:stateUrl": "s3://another-bucket?region=us-east-1"}),
        Change("header of the proxy (noindex)", {"site:noindex": not before.get("site:noindex", False)}),
        Change("alias (DNS, proxy)", {"site:aliases": [f"www.{domain(STACK)}", f"m.{domain(STACK)}"]}),
        Change("registry token", {}, replace="gitlab:index/projectDeployToken:ProjectDeployToken::registry"),
        Change("database size", {"site:databaseSize": "db-s-1vcpu-2gb"}),
        Change("operating system (waits for rebuild)", {"site:serverImage": "debian-12-x64"}),
        Change("server size", {"site:serverSize": "s-2vcpu-4gb"}),
    ]


def run(home: Home, console: Console) -> list[dict[str, Any]]:
    """Make the stack, then each change in turn."""
    stack = Stack(STACK, home)
    values: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    overlay = Path(tempfile.mkdtemp()) / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"config": values}))
    up(STACK, home=home, console=console, image=None, overlay=None, engine="pulumi", faults=[])
    for change in changes():
        values |= change.values
        overlay.write_text(yaml.safe_dump({"config": values}))
        steps, report, seconds = _measured(stack, change, overlay)
        if steps is None:
            values = {key: value for key, value in values.items() if key not in change.values}
        rows.append(_row(change, steps, report, seconds))
        console.print(*(f"{rows[-1][column]}" for column in COLUMNS), sep="  ")
    return rows


def _measured(stack: Stack, change: Change, overlay: Path) -> tuple[list[Step] | None, Report, float]:
    """Make one change under load, with two seconds before it and after it; no steps where it was refused."""
    load = Load(url=stack.url, ca_file=stack.home.certificate(STACK), rate=RATE)
    repository = str(stack.exports["image"]).partition("@")[0]
    image = sample.push_another(home=stack.home, repository=repository) if change.release else ""
    run = stack.run(image=image, overlay=overlay, url=str(Apis(stack.home).url))
    assert isinstance(run, CliRun)  # noqa: S101 - for the type checker: `up` made it with this one
    steps: list[Step] | None = None
    began = time.monotonic()
    with Background(load) as traffic:
        time.sleep(REST)
        try:
            steps = (run.up(replace=_urn(stack, change.replace)) if change.replace else run.up()).steps
        except ConductorError as error:
            print(error)
        seconds = time.monotonic() - began - REST
        time.sleep(REST)
    return steps, traffic.report, seconds


def _urn(stack: Stack, resource: str) -> str:
    """Of a resource by type and name."""
    exported = Workspace(STACK, stack.home).cli.export()
    return next(str(found["urn"]) for found in exported["deployment"]["resources"] if found["urn"].endswith(f"${resource}"))


def _row(change: Change, steps: list[Step] | None, report: Report, seconds: float) -> dict[str, Any]:
    ops = Counter(step.op.value for step in steps or () if step.op is not Op.SAME)
    rolled = any(step.op is Op.UPDATE and step.type == SERVICE for step in steps or ())
    if steps is None:
        does = "refused"
    elif report.lost:
        does = f"downtime {report.longest_gap_s:.0f} s"
    else:
        does = "nothing until rebuild" if not ops else "rolled without loss" if rolled else "in place, without loss"
    return {
        "change": change.what,
        "does": does,
        "updates": ops["update"],
        "replaces": ops["replace"],
        "requests": report.requests,
        "lost": sum(report.lost.values()),
        "longest_gap_s": report.longest_gap_s,
        "seconds": round(seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(measured_by_the_cli(run, COLUMNS, FILE))
