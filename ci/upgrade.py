"""`upgrade`: bring the host's packages up to date, Docker's among them, in a window. Unattended upgrades leave Docker's out: they restart
the site.

There is one server, so nobody serves while its engine restarts or it boots: what that costs is said before.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from ci.cli import Cli
from ci.cloud import token
from ci.digitalocean import DigitalOcean
from ci.front_door import FrontDoor
from ci.host import Host, HostError
from ci.outage import Outage
from ci.pending import Pending
from ci.rebuild import SERVERS
from ci.state import DROPLET, State
from ci.window import WindowError, is_open

TODO = 4
"""The exit code where something is left to do."""
LIMIT = 1800
"""Seconds for apt."""
BACK = 300
"""Seconds for the site to be back, and all of its tasks."""
PAUSE = 0.5
"""Seconds between two looks."""
# In a unit of its own, so that it comes to its end also where the connection does not; files that were changed here stay.
_UPGRADE = """sudo systemd-run --quiet --wait --collect --unit=site-upgrade --setenv=DEBIAN_FRONTEND=noninteractive \\
  apt-get -qy -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold dist-upgrade ||
  { sudo journalctl --unit=site-upgrade --no-pager --output=cat --lines=20 >&2; exit 1; }
sudo apt-get -qq clean
[ ! -e /run/reboot-required ] || echo reboot-required"""
_BORN = "systemctl show --property=UserspaceTimestamp --value"
_MISSING = """docker service ls --format '{{.Name}} {{.Replicas}}' | awk '{ split($2, n, "/"); if (n[1] != n[2]) print $1, $2 }'"""


class UpgradeError(Exception):
    """What is the matter, and how to go on."""


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """Of one host. `reboot` boots it; `tell` hears what is done."""

    host: Host
    door: FrontDoor | None
    """None where no site is deployed."""
    reboot: Callable[[], None]
    tell: Callable[[str], None]

    def run(self, pending: Pending, *, reboot: bool) -> tuple[float, bool]:
        """Do it, and wait until all is as it was; gives the seconds without an answer, and whether a reboot is left to do.

        Raises UpgradeError, HostError, CloudError.
        """
        outage = Outage(self.door)
        if wrong := outage.look():
            raise UpgradeError(f"{wrong}; nothing was touched: mend that first")
        needed = pending.reboot
        if pending.packages:
            self.tell(f"{len(pending.packages)} packages are installed")
            needed = "reboot-required" in self._watched(lambda: self.host.run(_UPGRADE, limit=LIMIT), outage)
        if reboot:
            self.tell("the host boots")
            self._watched(self._boot, outage)
        self._back(outage)
        return outage.seconds, needed and not reboot

    def _watched(self, work: Callable[[], str], outage: Outage) -> str:
        with ThreadPoolExecutor(max_workers=1) as pool:
            done: Future[str] = pool.submit(work)
            while not done.done():
                outage.look()
                time.sleep(PAUSE)
            return done.result()

    def _boot(self) -> str:
        born = self.host.run(_BORN)
        self.reboot()
        end = time.monotonic() + BACK
        while time.monotonic() < end:
            with suppress(HostError):
                if self.host.run(_BORN, limit=10) != born:
                    return ""
            time.sleep(PAUSE)
        raise UpgradeError(f"{self.host.address} was told to boot, and is not back after {BACK} s: see its console at DigitalOcean")

    def _back(self, outage: Outage) -> None:
        end = time.monotonic() + BACK
        wrong, missing = outage.look(), self._missing()
        while missing or not outage.steady:
            if time.monotonic() > end:
                raise UpgradeError(f"after {BACK} s not all runs again: {missing or wrong or 'the site gives no steady answer'}")
            time.sleep(PAUSE)
            wrong, missing = outage.look(), self._missing()

    def _missing(self) -> str:
        """Services of which not all tasks run."""
        try:
            return ", ".join(self.host.run(_MISSING).splitlines())
        except HostError as error:
            return str(error)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--window", default="", metavar="HH:MM-HH:MM", help="only between these times (UTC); outside nothing is touched")
    parser.add_argument("--reboot", action="store_true", help="boot the host afterwards, for a new kernel")
    parser.add_argument("--dry-run", action="store_true", help="only say what waits, and what it would cost")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(options: argparse.Namespace, cli: Cli, console: Console) -> int:
    """Say what waits and what it costs, then do it; gives the exit code: 4 something is left to do. Raises as Upgrade.run does."""
    try:
        opened = is_open(options.window, datetime.now(UTC).time())
    except WindowError as error:
        raise UpgradeError(str(error)) from None
    state = State(cli.export())
    exports, droplet = state.outputs, state.find(DROPLET, SERVERS)
    if droplet is None or "hostKey" not in exports:
        raise UpgradeError(f"{cli.stack} has no host; make one with: python -m ci up --stack {cli.stack}")
    host = Host(address=str(exports["host"]), key=str(exports["hostKey"]), environment=cli.environment)
    pending = Pending.on(host)

    def tell(text: str) -> None:
        if not options.json:
            console.print(escape(text), highlight=False)

    for name, version in pending.packages.items():
        tell(f"  {name} {version}")
    reboot = options.reboot
    nothing = not pending.packages and not reboot
    seconds, left = 0.0, pending.reboot
    if not nothing:
        tell(pending.cost(reboot=reboot))
    done = opened and not options.dry_run and not nothing
    if done:
        seconds, left = Upgrade(
            host=host,
            door=_door(exports, cli),
            reboot=lambda: DigitalOcean(token(cli, "DIGITALOCEAN_TOKEN", "digitalocean:token")).reboot(str(droplet["id"])),
            tell=tell,
        ).run(pending, reboot=reboot)
        tell(f"done: {seconds:.1f} s without an answer" if seconds else "done: the site answered all the time")
    elif not nothing:
        tell("nothing was touched" if options.dry_run else f"nothing was touched: it is not {options.window} UTC")
    else:
        tell("everything is up to date")
    if left:
        tell(f"the host waits for a reboot: python -m ci upgrade --stack {cli.stack} --reboot")
    if options.json:
        print(json.dumps({**asdict(pending), "done": done, "outage": round(seconds, 1), "reboot": left}))
    return TODO if left or not (done or nothing) else 0


def _door(exports: dict[str, object], cli: Cli) -> FrontDoor | None:
    if not exports.get("image"):
        return None
    return FrontDoor(url=str(exports["health"]), address=str(exports["address"]), ca_file=cli.environment.get("SSL_CERT_FILE"))
