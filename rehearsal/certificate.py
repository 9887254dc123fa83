"""The CA of a stack's own proxy: Caddy signs `*.localhost` by itself, and `curl --cacert` wants to know with what."""

from rehearsal.home import Home
from rehearsal.host import Host

_READ = (
    """docker exec "$(docker ps -q --filter label=com.docker.swarm.service.name=proxy)" cat /data/caddy/pki/authorities/local/root.crt"""
)


def fetch(stack: str, home: Home) -> None:
    """Copy it from the proxy to `home.certificate`; raises WorldError while there is none."""
    home.certificate(stack).write_text(Host(home, stack).output(_READ))
