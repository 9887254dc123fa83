"""A certificate that is renewed while visitors come."""

import socket
import ssl
import time

from tests.rehearsal.faults.fault import Fault
from tests.rehearsal.faults.site import LIMIT, Site
from tests.rehearsal.rehearsing import wait_for

_FILE = "/srv/site/proxy/Caddyfile"
_SHORT = "\ttls {\n\t\tissuer internal {\n\t\t\tlifetime 70s\n\t\t}\n\t}\n"


class CertificateRenewed(Fault):
    """By Caddy itself, two times. Its own authority signs, for 70 s in place of twelve hours, and Caddy looks every two seconds in
    place of every ten minutes; it renews in the last third."""

    name = "the certificate is renewed, twice"

    def prepare(self, site: Site) -> None:
        self._kept = site.root(f"cat {_FILE}")
        self._often = self._kept.replace("grace_period 30s", "grace_period 30s\n\trenew_interval 2s")
        short = self._often.replace("\tencode zstd", f"{_SHORT}\tencode zstd")
        assert short != self._often != self._kept
        _load(site, short)
        # The one that there is goes on until it ends, unless it is revoked or gone: a proxy that starts anew makes another.
        proxy = site.tasks("proxy")[0]
        site.host.output(f"docker exec {proxy} rm -r /data/caddy/certificates; docker kill {proxy}")
        wait_for("a short certificate", lambda: site.whole and 0 < _ends(site) - time.time() < 120, LIMIT)

    def strike(self, site: Site) -> None:
        for _ in range(2):
            ends = _ends(site)
            wait_for("another certificate", lambda ends=ends: _ends(site) > ends, LIMIT)  # type: ignore[misc]

    def clean_up(self, site: Site) -> None:
        _load(site, self._often)
        wait_for("a certificate of the usual kind", lambda: _ends(site) - time.time() > 3600, LIMIT)
        _load(site, self._kept)


def _load(site: Site, text: str) -> None:
    """Have the proxy take another file, as the program does."""
    site.host.output(f"sudo tee {_FILE} >/dev/null", stdin=text)
    site.host.output(f"docker exec {site.tasks('proxy')[0]} caddy reload --adapter caddyfile --config /etc/caddy/Caddyfile")


def _ends(site: Site) -> float:
    """When the certificate ends that is served, in seconds since 1970; 0 where there is none."""
    load = site.load
    context = load.tls()
    assert context
    try:
        with (
            socket.create_connection((load.address, load.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=load.server_name) as connection,
        ):
            certificate = connection.getpeercert()
    except OSError:
        return 0
    assert certificate
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))
