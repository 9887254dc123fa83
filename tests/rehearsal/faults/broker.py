"""Faults of the broker and of workers, with tasks that wait."""

import time

from infra.broker import backlog
from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import LIMIT, Site
from tests.rehearsal.rehearsing import wait_for

TASKS = 200
QUEUE = f"""
from guestbook.models import Entry
from guestbook.tasks import count_words
for entry in Entry.objects.bulk_create(Entry(name="fault", message="three words here") for _ in range({TASKS})):
    count_words.delay(entry.pk)
"""
LEFT = 'from guestbook.models import Entry; print(Entry.objects.filter(name="fault", words=None).count())'
FORGET = 'from guestbook.models import Entry; Entry.objects.filter(name="fault").delete()'
_VOLUME = "/var/lib/docker/volumes/broker/_data"


class Queued(Fault):
    """Tasks wait, because the worker is held, when something is killed; all of them are done at last."""

    done_in = 60
    """Seconds."""

    def prepare(self, site: Site) -> None:
        self._worker = site.tasks("worker")[0]
        self.hold(site)
        site.django(QUEUE)
        waiting = int(site.host.output(backlog("broker", "valkey")))
        assert waiting > TASKS / 2, f"{waiting} wait"

    def hold(self, site: Site) -> None:
        """Have the worker do nothing."""
        raise NotImplementedError

    def after(self, site: Site) -> None:
        wait_for("all tasks to be done", lambda: site.django(LEFT).strip() == "0", self.done_in)

    def clean_up(self, site: Site) -> None:
        site.django(FORGET)


class BrokerKilled(Queued):
    """Its messages are in a file, which the system has written out or will: a process that is killed loses none of it."""

    name = f"the broker is killed with {TASKS} tasks queued"

    def hold(self, site: Site) -> None:
        site.host.output(f"docker pause {self._worker}")

    def strike(self, site: Site) -> None:
        site.host.output(f"docker kill {site.tasks('broker')[0]}")
        time.sleep(3)
        site.host.output(f"docker unpause {self._worker}")

    def clean_up(self, site: Site) -> None:
        site.host.output(f"docker unpause {self._worker} 2>/dev/null || true")
        super().clean_up(site)


class WorkerKilled(Queued):
    """What it had taken comes back when its time is over (Celery's `visibility_timeout`)."""

    name = f"the worker is killed with {TASKS} tasks queued"
    # The sample's 120 until the messages are given to another, which looks every ten.
    done_in = 160

    def hold(self, site: Site) -> None:
        # The processes that do the tasks, not the one that takes them: it has its hands full then. Killed in the moment in which
        # it takes a message it would lose it, since Kombu reads one before it notes it (`_brpop_read` in its transport/redis.py).
        site.root(f"pkill -STOP -P {site.process(self._worker)}")

    def strike(self, site: Site) -> None:
        site.host.output(f"docker kill {self._worker}")
        time.sleep(3)

    def clean_up(self, site: Site) -> None:
        site.host.output(f"docker kill {self._worker} 2>/dev/null || true")
        super().clean_up(site)


class BrokerDiskFull(Fault):
    """The disk of its messages: what it can't write it refuses, so nothing is lost in silence, and it goes on once there is room."""

    name = "the broker's disk is full for 20 s"
    lasts = 20

    def prepare(self, site: Site) -> None:
        # A small disk over its folder, with what was in there.
        site.root(f"""mkdir -p /run/kept && cp -a {_VOLUME}/. /run/kept
mount -t tmpfs -o size=8m tmpfs {_VOLUME}
cp -a /run/kept/. {_VOLUME} && chown --reference=/run/kept {_VOLUME}""")
        self._another(site)

    def strike(self, site: Site) -> None:
        site.root(f"head -c 8m /dev/zero > {_VOLUME}/full 2>/dev/null || true")
        time.sleep(self.lasts / 2)
        said = site.django("from guestbook.tasks import tick\ntry:\n    tick.delay()\nexcept tick.OperationalError as error: print(error)")
        assert "MISCONF" in said, said
        time.sleep(self.lasts / 2)
        site.root(f"rm {_VOLUME}/full")
        wait_for("the broker", lambda: not site.django("from guestbook.tasks import tick\ntick.delay()"))

    def clean_up(self, site: Site) -> None:
        site.root(f"""rm -f {_VOLUME}/full && rm -rf /run/kept && mkdir /run/kept && cp -a {_VOLUME}/. /run/kept
umount -l {_VOLUME} && find {_VOLUME} -mindepth 1 -delete && cp -a /run/kept/. {_VOLUME} && rm -rf /run/kept""")
        self._another(site)

    def _another(self, site: Site) -> None:
        before = site.tasks("broker")
        site.host.output(f"docker kill {before[0]}")
        wait_for("another broker", lambda: site.tasks("broker") not in ([], before) and site.whole, LIMIT)
