"""The CA of a stack's own proxy: Caddy signs `*.localhost` by itself, and `curl --cacert` wants to know with what."""

from pathlib import Path

from rehearsal.apis import Apis
from rehearsal.home import Home
from rehearsal.images import CERTIFICATES

_READ = (
    """docker exec "$(docker ps -q --filter label=com.docker.swarm.service.name=proxy)" cat /data/caddy/pki/authorities/local/root.crt"""
)


def fetch(stack: str, home: Home) -> None:
    """Copy it from the proxy to `home.certificate`; raises WorldError while there is none."""
    from rehearsal.host import Host

    home.certificate(stack).write_text(Host(home, stack).output(_READ))


def bundle(stack: str, home: Home) -> Path:
    """One file for programs that read one: the machine's authorities, the rehearsal's, and that of the stack's proxy."""
    file = home.stack(stack) / "authorities.crt"
    known = (CERTIFICATES, Apis(home).ca, home.certificate(stack))
    file.write_text("".join(path.read_text() for path in known if path.exists()))
    return file
