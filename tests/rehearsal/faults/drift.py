"""What somebody changed by hand."""

from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import OVERLAY, Site
from tests.rehearsal.rehearsing import rehearse


class Drift(Fault):
    """A service is gone, another has no task, and the droplet has no firewall: one `up` puts all right, once the state was refreshed."""

    name = "changes by hand, put right by one `up`"
    of_the_host = True

    def strike(self, site: Site) -> None:
        site.host.output("docker service rm beat && docker service update --detach --replicas 0 worker")
        for firewall in site.api("GET", "/v2/firewalls")["firewalls"]:
            site.api("DELETE", f"/v2/firewalls/{firewall['id']}")
        for words in (("refresh",), ("up", "--config", str(OVERLAY))):
            done = rehearse(*words)
            assert done.returncode == 0, done.stdout + done.stderr

    def after(self, site: Site) -> None:
        assert site.tasks("beat")
        assert site.tasks("worker")
        assert site.api("GET", "/v2/firewalls")["firewalls"]
