"""Faults of single containers, and of the network between two of them."""

import time

from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import Site

_HOG = "import time\nheld = []\nwhile True: held.append(bytearray(b'x') * 10_000_000); time.sleep(0.02)"
_CUT = "table inet fault { chain out { type filter hook output priority 0; tcp dport 8000 WHERE drop; }; }"


class Killed(Fault):
    """One container of a process, at once."""

    def __init__(self, process: str, *, lost_at_most: int | None = 0) -> None:
        self.name, self._process, self.lost_at_most = f"a container is killed: {process}", process, lost_at_most

    def strike(self, site: Site) -> None:
        self._killed = site.tasks(self._process)[0]
        site.host.output(f"docker kill {self._killed}")
        time.sleep(3)

    def after(self, site: Site) -> None:
        assert self._killed not in site.tasks(self._process)


class MemoryHog(Fault):
    """The largest process of the container is killed, and no other."""

    name = "a process in web eats more than its limit"

    def strike(self, site: Site) -> None:
        self._before = site.tasks("web")
        said = site.host.output(f"docker exec --interactive {self._before[0]} python3 - 2>&1; echo ended with $?", stdin=_HOG)
        assert "ended with 137" in said, said

    def after(self, site: Site) -> None:
        assert site.tasks("web") == self._before, "no container was replaced"


class NetworkCut(Fault):
    """Packets from the proxy to web tasks vanish, for `lasts` seconds: to all of them, or to one."""

    def __init__(self, *, seconds: int, one: bool, lost_at_most: int | None = 0) -> None:
        self.name = f"the network between proxy and {'one of two web tasks' if one else 'web'} is cut for {seconds} s"
        self.lasts, self._one, self.lost_at_most = seconds, one, lost_at_most

    def strike(self, site: Site) -> None:
        where = ""
        if self._one:
            web = site.process(site.tasks("web")[0])
            found = site.root(f"nsenter -t {web} -n ip -4 -o addr | awk '$2 != \"lo\" {{print $4}}' | cut -d / -f 1").split()
            where = f"ip daddr {{ {', '.join(found)} }}"
        proxy = site.process(site.tasks("proxy")[0])
        site.root(f"nsenter -t {proxy} -n nft '{_CUT.replace('WHERE', where)}'")
        time.sleep(self.lasts)
        site.root(f"nsenter -t {proxy} -n nft delete table inet fault")
