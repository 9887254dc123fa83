"""A clock that is wrong."""

import time

from rehearsal.world.engine import docker_cli
from tests.rehearsal.faults.broker import FORGET, LEFT, QUEUE
from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import LIMIT, OVERLAY, Site
from tests.rehearsal.rehearsing import rehearse, wait_for

_IMAGE = "rehearsal/a-day-ahead"
_LIBRARY = "/usr/lib/libfaketime.so.1"
# Only what the site's own processes read of the clock; what they measure durations with goes on as it is.
_DOCKERFILE = f"""FROM rehearsal/sample
USER root
RUN apt-get update && apt-get install -y --no-install-recommends libfaketime \\
 && ln -s /usr/lib/*/faketime/libfaketimeMT.so.1 {_LIBRARY}
ENV LD_PRELOAD={_LIBRARY} FAKETIME=+1d DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1
USER 10001:10001
"""


class ClockOff(Fault):
    """The site's processes are a day ahead of database, broker and proxy. Containers have the droplet's clock, so a library pretends."""

    name = "the site's clock is a day ahead"

    def prepare(self, site: Site) -> None:  # noqa: ARG002 - an image needs none
        docker_cli("build", "--quiet", "--network=host", "--tag", _IMAGE, "-", stdin=_DOCKERFILE)

    def strike(self, site: Site) -> None:  # noqa: ARG002 - it is the only one
        begun = time.monotonic()
        done = rehearse("release", "--image", _IMAGE, "--config", str(OVERLAY))
        assert done.returncode == 0, done.stdout + done.stderr
        # It comes with a release, during which an answer may take longer than the three seconds that the watch waits for one.
        self.lasts = round(time.monotonic() - begun)

    def after(self, site: Site) -> None:
        assert float(site.django("import time; print(time.time())")) - time.time() > 23 * 3600
        site.django(QUEUE)
        wait_for("all tasks to be done", lambda: site.django(LEFT).strip() == "0", LIMIT)

    def clean_up(self, site: Site) -> None:
        site.django(FORGET)
        done = rehearse("rollback", "--config", str(OVERLAY))
        assert done.returncode == 0, done.stdout + done.stderr
