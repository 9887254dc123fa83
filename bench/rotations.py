"""What the rotation of each secret costs visitors, and whether its old value is refused afterwards.

On a rehearsed staging stack under the real Pulumi CLI, which it makes if need be, with the load of `bench.releases`. Prints a table and
writes `bench/rotations.json`: rows of `secret`, `how`, `seconds`, `requests`, `lost`, `longest_gap_s`, `old_value`.
"""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.load import Background, Load
from bench.rows import measured_by_the_cli
from bench.ways.ours import OVERLAY, STACK
from rehearsal.apis import Apis
from rehearsal.home import CHECKOUT, Home
from rehearsal.rotated import Rotated
from rehearsal.stack import Stack
from rehearsal.up import up

FILE = Path(__file__).with_suffix(".json")
REST = 2
"""Seconds of load before and after each."""
COLUMNS = ("secret", "how", "seconds", "requests", "lost", "longest_gap_s", "old_value")


@dataclass(frozen=True)
class Case:
    """One rotation: its name, words for the command, and what it does."""

    secret: str
    how: str
    words: tuple[str, ...] = ()


CASES = (
    Case("database", "a second login of the same owner"),
    Case("broker", "a second user, nothing restarts"),
    Case("registry", "a second deploy token"),
    Case("secretKey", "the old one still opens sessions", ("--random",)),
    Case("secretKey", "and then not any more", ("--finish",)),
    Case("secrets.STRIPE_KEY", "another value of the config", ("--random",)),
    Case("stateSecretKey", "another CI variable", ("--stdin",)),
    Case("gitlab:token", "tried at its API first", ("--stdin",)),
    Case("digitalocean:token", "tried at its API first", ("--stdin",)),
    Case("ciKey", "a second key of the host"),
    Case("deployKey", "a second key of the project"),
    Case("hostKey", "told over the old one"),
)


def run(home: Home, console: Console) -> list[dict[str, Any]]:
    """Make the stack, then rotate each in turn."""
    stack = Stack(STACK, home)
    Rotated(STACK, home).remember(
        {"site:secrets": {"STRIPE_KEY": "the-first-one-of-the-bench"}, "site:stateSecretKey": "the-first-one-of-the-bench"},
        {"site:secrets", "site:stateSecretKey"},
    )
    up(STACK, home=home, console=console, image=None, overlay=OVERLAY, engine="pulumi", faults=[])
    rows = []
    for case in CASES:
        rows.append(_measured(stack, case))
        console.print(*(f"{rows[-1][column]}" for column in COLUMNS), sep="  ")
    return rows


def _measured(stack: Stack, case: Case) -> dict[str, Any]:
    load = Load(url=stack.url, ca_file=stack.home.certificate(STACK))
    given = _given_out(stack.home, case.secret) if "--stdin" in case.words else ""
    command = [sys.executable, "-m", "rehearsal", "rotate", case.secret, *case.words, "--stack", STACK, "--config", str(OVERLAY)]
    with Background(load) as traffic:
        time.sleep(REST)
        began = time.monotonic()
        # A pipeline has a machine of its own: here it stands back behind the site.
        done = subprocess.run(["nice", *command], cwd=CHECKOUT, input=given, capture_output=True, text=True)
        seconds = time.monotonic() - began
        time.sleep(REST)
    if done.returncode:
        print(done.stdout[-1500:], done.stderr[-1500:], file=sys.stderr)
    old = re.search(r"the old value: (.*)$", done.stdout, re.MULTILINE)
    return {
        "secret": case.secret,
        "how": case.how,
        "seconds": round(seconds, 1),
        "requests": traffic.report.requests,
        "lost": sum(traffic.report.lost.values()),
        "longest_gap_s": traffic.report.longest_gap_s,
        "old_value": old[1] if old else f"exit code {done.returncode}",
    }


def _given_out(home: Home, secret: str) -> str:
    """A new value, of the cloud that gives it out where there is one."""
    api, _, token = secret.partition(":")
    return str(Apis(home).ask("POST", "tokens", json={"api": api}).json()["token"]) if token else f"{time.time_ns()}-of-the-bench"


if __name__ == "__main__":
    sys.exit(measured_by_the_cli(run, COLUMNS, FILE))
