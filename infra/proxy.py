"""Proxy: Caddy on the host's own ports 80 and 443, with certificates by itself; its file is reloaded, not replaced."""

import base64
import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path

import bcrypt
import pulumi
import pulumi_docker as docker
from pydantic import SecretStr

from infra.confinement import Confinement, Mount
from infra.host import Host, on_host
from infra.pinned import pinned
from infra.process import Process
from infra.service import service
from infra.sizes import RESERVED
from infra.volume import volume

_TEMPLATE = (Path(__file__).parent / "Caddyfile").read_text()
FOLDER = "/srv/site/proxy"
USER = "10002:10002"
"""Its own, so that nothing else reads its keys."""
# Ports below 1024 are free to all in a container (net.ipv4.ip_unprivileged_port_start), but the public image's program has this
# capability of its own, and can't be started where it is not to be had (capabilities(7), "Safety checking for capability-dumb binaries").
_CONFINEMENT = Confinement(user=USER, cap_add=["NET_BIND_SERVICE"])
# The new file is checked by the image that will read it, before it takes the old one's place.
_INSTALL = f"""set -eu
umask 077
cat > {FOLDER}/Caddyfile.new
docker pull --quiet IMAGE >/dev/null
sudo chown {USER} {FOLDER}/Caddyfile.new
docker run --rm --name proxy-check {shlex.join(_CONFINEMENT.run_options())} --network none \\
  --env XDG_DATA_HOME=/tmp --env XDG_CONFIG_HOME=/tmp --entrypoint caddy -v {FOLDER}:/etc/caddy:ro IMAGE \\
  validate --adapter caddyfile --config /etc/caddy/Caddyfile.new >&2
mv {FOLDER}/Caddyfile.new {FOLDER}/Caddyfile
task=$(docker ps --quiet --filter label=com.docker.swarm.service.name=NAME)
[ -z "$task" ] || docker exec "$task" caddy reload --adapter caddyfile --config /etc/caddy/Caddyfile
"""


class Proxy(pulumi.ComponentResource):
    """TLS, HTTP/3, compression, redirects of aliases, security headers; finds the serving tasks by their name."""

    def __init__(
        self,
        name: str,
        *,
        host: Host,
        image: str,
        network: pulumi.Input[str],
        domain: str,
        aliases: Sequence[str],
        web: str,
        process: Process,
        acme_ca: str,
        email: str,
        noindex: bool,
        basic_auth: SecretStr,
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Proxy", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        text = caddyfile(
            domain=domain,
            aliases=aliases,
            web=web,
            port=process.port or 0,
            health=process.health or "/",
            acme_ca=acme_ca,
            email=email,
            noindex=noindex,
            basic_auth=basic_auth.get_secret_value(),
        )
        fixed = pinned(name, host=host, image=image, opts=child)
        installed = on_host(
            f"{name}-file",
            host=host,
            script=fixed.apply(lambda reference: _INSTALL.replace("IMAGE", shlex.quote(reference)).replace("NAME", name)),
            stdin=pulumi.Output.secret(text) if basic_auth.get_secret_value() else text,
            triggers=[hashlib.sha256(f"{USER} {text}".encode()).hexdigest(), host.droplet],
            opts=child,
        )
        data = volume(name, owner=USER, host=host, protect=protect, parent=self)

        def published(port: int, protocol: str) -> docker.ServiceEndpointSpecPortArgs:
            return docker.ServiceEndpointSpecPortArgs(target_port=port, published_port=port, protocol=protocol, publish_mode="host")

        service(
            name,
            host=host,
            image=fixed,
            networks=[network],
            memory=RESERVED["proxy"],
            confinement=_CONFINEMENT,
            container=docker.ServiceTaskSpecContainerSpecArgs(
                image="",
                commands=["caddy", "run", "--adapter", "caddyfile", "--config", "/etc/caddy/Caddyfile"],
                # The garbage collector works harder before the limit is reached, rather than being killed at it.
                env={"XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "/data/config", "GOMEMLIMIT": f"{RESERVED['proxy'] * 4 // 5}MiB"},
            ),
            mounts=[Mount(type="bind", source=FOLDER, target="/etc/caddy", read_only=True), data.mount("/data")],
            ports=[published(80, "tcp"), published(443, "tcp"), published(443, "udp")],
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[installed, data.ready])),
        )
        self.register_outputs({})


def caddyfile(
    *,
    domain: str,
    aliases: Sequence[str],
    web: str,
    port: int,
    health: str,
    acme_ca: str,
    email: str,
    noindex: bool,
    basic_auth: str,
) -> str:
    """The filled-in Caddyfile; it holds the hash of a password, never the password."""
    redirects = "".join(f"{alias} {{\n\tredir https://{domain}{{uri}} permanent\n}}\n" for alias in aliases)
    values = {
        "GLOBAL": "\n\t".join([*([f"acme_ca {acme_ca}"] if acme_ca else []), *([f"email {email}"] if email else [])]),
        "DOMAIN": domain,
        "HEADERS": 'X-Robots-Tag "noindex, nofollow"' if noindex else "",
        "HEALTH": health,
        "GUARD": _guard(basic_auth) if basic_auth else "",
        "WEB": web,
        "PORT": str(port),
        "REDIRECTS": redirects,
    }
    text = _TEMPLATE
    for key, value in values.items():
        text = text.replace(f"{{${key}}}", value)
    return text


def _guard(basic_auth: str) -> str:
    """Caddy's basic auth. The salt comes from the user's name: the same file on every run, and no quick way to test a password."""
    user, _, password = basic_auth.partition(":")
    salt = base64.b64encode(hashlib.sha256(user.encode()).digest()[:16], altchars=b"./").rstrip(b"=").decode()
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)[:7] + _bcrypt64(salt).encode())
    return f"basicauth @guarded {{\n\t\t{user} {hashed.decode()}\n\t}}"


def _bcrypt64(standard: str) -> str:
    """Bcrypt's own order of the base64 alphabet."""
    usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./"
    theirs = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return standard.translate(str.maketrans(usual, theirs))
