"""Faults of the database."""

import time

from rehearsal.world.clusters import PORT
from rehearsal.world.engine import docker_cli
from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import Site

_CUT = "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"


class ConnectionsCut(Fault):
    """All of them, five times. A connection that was cut while it was idle is made anew before it is used."""

    name = "the database's connections are cut, five times"
    times: int = 5
    # Whose query is just running.
    lost_at_most = times

    def strike(self, site: Site) -> None:
        for _ in range(self.times):
            command = ["psql", "-qAt", "-h", "/run/postgresql", "-p", str(PORT), "-U", "_root", "-d", "postgres", "-c", _CUT]
            assert "t" in docker_cli("exec", site.cluster, *command).split()
            time.sleep(2)


class DatabaseRestarted(Fault):
    """As in the maintenance window."""

    name = "Postgres is restarted"
    lost_at_most = None

    def strike(self, site: Site) -> None:
        docker_cli("restart", "--signal=INT", site.cluster)


class DatabaseStopped(Fault):
    """Pages that ask the database fail meanwhile; what else there is goes on, and no container is replaced."""

    name = "Postgres is stopped for 20 s"
    lost_at_most = None
    lasts = 20

    def strike(self, site: Site) -> None:
        self._before = site.tasks("web")
        docker_cli("stop", "--signal=INT", site.cluster)
        time.sleep(self.lasts)
        docker_cli("start", site.cluster)

    def after(self, site: Site) -> None:
        assert site.tasks("web") == self._before, "web tasks were killed because the database was away"
