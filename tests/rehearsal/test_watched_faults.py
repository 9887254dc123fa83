"""What breaks a rehearsed site from outside, with visitors on it all the time: it comes back by itself, and a preview shows nothing.

By the conductor, or by ENGINE; with FAULTS=all (`make test-faults`) every fault, and a table of them in `bench/faults.json`.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from rich.console import Console

from bench.rows import WIDTH, show
from rehearsal.home import CHECKOUT
from tests.rehearsal.faults.broker import BrokerDiskFull, BrokerKilled, WorkerKilled
from tests.rehearsal.faults.containers import Killed, MemoryHog, NetworkCut
from tests.rehearsal.faults.database import ConnectionsCut, DatabaseRestarted, DatabaseStopped
from tests.rehearsal.faults.drift import Drift
from tests.rehearsal.faults.fault import BACK_S, COLUMNS, Fault, Row, measure
from tests.rehearsal.faults.host import DiskFull, DockerKilled, DockerRestarted, PowerCut, Rebooted
from tests.rehearsal.faults.proxy import CertificateRenewed
from tests.rehearsal.faults.site import OVERLAY, Site
from tests.rehearsal.rehearsing import Visitor, rehearse

pytestmark = [pytest.mark.integration, pytest.mark.rehearsal]
FILE = CHECKOUT / "bench" / "faults.json"
ALL = os.environ.get("FAULTS") == "all"
PULUMI = os.environ.get("ENGINE") == "pulumi"
QUICK: tuple[Fault, ...] = (
    Killed("web"),
    MemoryHog(),
    BrokerKilled(),
    DockerRestarted(),
)
REST: tuple[Fault, ...] = (
    Rebooted(),
    PowerCut(),
    DockerKilled(),
    Killed("worker"),
    Killed("beat"),
    Killed("broker"),
    Killed("proxy", lost_at_most=None),
    WorkerKilled(),
    BrokerDiskFull(),
    DiskFull(),
    ConnectionsCut(),
    DatabaseRestarted(),
    DatabaseStopped(),
    # One POST comes a second, and a Caddy up to 2.11.1 sends none to another task (caddyserver/caddy#7546).
    NetworkCut(seconds=8, one=False, lost_at_most=8),
    NetworkCut(seconds=20, one=True, lost_at_most=None),
    CertificateRenewed(),
    *([Drift()] if PULUMI else []),
)


@pytest.fixture(scope="module")
def site(staging: Visitor) -> Iterator[Site]:
    """The staging site with two web tasks."""
    assert staging.see("/healthz").status_code == 200
    done = rehearse("up", "--config", str(OVERLAY))
    assert done.returncode == 0, done.stdout + done.stderr
    yield Site()
    rehearse("up")


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Row]]:
    """What is measured. With FAULTS=all each takes the place of the last row of its fault in the table."""
    measured: list[Row] = []
    yield measured
    if ALL:
        known = {row["fault"]: row for row in (json.loads(FILE.read_text()) if FILE.exists() else [])}
        known |= {row.fault: asdict(row) for row in measured}
        there = [known[fault.name] for fault in QUICK + REST if fault.name in known]
        show(there, COLUMNS, console=Console(width=WIDTH), file=FILE)


@pytest.mark.parametrize("fault", QUICK + REST if ALL else QUICK, ids=lambda fault: fault.name)
def test_a_fault_is_survived_and_a_preview_shows_nothing_after_it(site: Site, rows: list[Row], fault: Fault) -> None:
    rows.append(measure(fault, site))
    assert rows[-1].back_s <= fault.lasts + BACK_S
    assert fault.lost_at_most is None or rows[-1].lost <= fault.lost_at_most, rows[-1].kinds
    shown = rehearse("preview", "--json", "--config", str(OVERLAY), *(["--refresh"] if PULUMI and fault.of_the_host else []))
    assert shown.returncode == 0, shown.stderr
    assert {step["op"] for step in json.loads(shown.stdout)} == {"same"}, shown.stdout
