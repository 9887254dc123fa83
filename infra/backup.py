"""Backup: the database dumped every day, encrypted, into a bucket of its own. DigitalOcean deletes its backups with the cluster."""

import hashlib
import shlex
from pathlib import Path

import pulumi
from pydantic import SecretStr

from infra.bucket import Bucket
from infra.connection import Connection
from infra.host import Host, on_host

_HERE = Path(__file__).parent
_PROGRAM = (_HERE / "backup.sh").read_text()
_SCHEMA = (_HERE / "schema.sql").read_text()
_SERVICE = """[Unit]
Description=Dump of the site's database into its bucket
After=docker.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/site-backup dump
Nice=10
IOSchedulingClass=idle
TimeoutStartSec=6h
"""
# What a reboot or a switched-off droplet has missed is made up for.
_TIMER = """[Unit]
Description=Daily dump of the site's database

[Timer]
OnCalendar=*-*-* {time}:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
"""
_INSTALL = """set -eu
umask 077
command -v restic >/dev/null || {{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y restic >/dev/null; }}
mkdir -p /etc/credstore.encrypted /usr/local/share/site-backup
systemd-creds encrypt --quiet --name=site-backup - /etc/credstore.encrypted/site-backup
umask 022
printf %s {schema} > /usr/local/share/site-backup/schema.sql
printf %s {program} > /usr/local/sbin/site-backup
chmod 755 /usr/local/sbin/site-backup
printf %s {service} > /etc/systemd/system/site-backup.service
printf %s {timer} > /etc/systemd/system/site-backup.timer
systemctl daemon-reload
docker pull --quiet {client} >/dev/null
site-backup begin >&2
systemctl try-restart site-backup.timer
"""
_REMOVE = """systemctl disable --quiet --now site-backup.timer
rm -rf /etc/credstore.encrypted/site-backup /usr/local/sbin/site-backup /usr/local/share/site-backup \
  /etc/systemd/system/site-backup.service /etc/systemd/system/site-backup.timer /var/cache/site-backup
systemctl daemon-reload
"""


class Backup(pulumi.ComponentResource):
    """A timer on the host. Who loses everything but the stack file and its passphrase still has the dumps: see the README."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        host: Host,
        bucket: Bucket,
        connection: Connection,
        client_image: str,
        password: SecretStr,
        time: str,
        keep_days: int,
        prepared: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`time` is HH:MM in UTC; `prepared` is what the database's login waits for."""
        super().__init__("site:infra:Backup", name, None, opts)

        def secrets(args: list[str]) -> str:
            bucket_name, access, secret, where, port, user, database_password, database = (str(arg) for arg in args)
            values = {
                "SITE": f"site-{stack}",
                "AWS_ACCESS_KEY_ID": access,
                "AWS_SECRET_ACCESS_KEY": secret,
                "RESTIC_REPOSITORY": f"s3:{bucket.endpoint}/{bucket_name}/database",
                "RESTIC_PASSWORD": password.get_secret_value(),
                "KEEP_DAYS": str(keep_days),
                "CLIENT": client_image,
                "PGHOST": where,
                "PGPORT": port,
                "PGUSER": user,
                "PGPASSWORD": database_password,
                "PGDATABASE": database,
                "PGSSLMODE": "require",
            }
            return "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items())

        port = connection.port.apply(lambda number: str(int(number)))
        parts = [bucket.name, bucket.access_key, bucket.secret_key, connection.host, port, connection.user, connection.password]
        credential: pulumi.Output[str] = pulumi.Output.secret(pulumi.Output.all(*parts, connection.name).apply(secrets))
        script = _INSTALL.format(
            schema=shlex.quote(_SCHEMA),
            program=shlex.quote(_PROGRAM),
            service=shlex.quote(_SERVICE),
            timer=shlex.quote(_TIMER.format(time=time)),
            client=shlex.quote(client_image),
        )
        installed = on_host(
            name,
            host=host,
            script=_as_root(script),
            stdin=credential,
            triggers=[host.droplet, credential.apply(_digest), hashlib.sha256(script.encode()).hexdigest()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[prepared]),
        )
        on_host(
            f"{name}-timer",
            host=host,
            script=_as_root("systemctl enable --quiet --now site-backup.timer"),
            triggers=[host.droplet],
            delete=_as_root(_REMOVE),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[installed]),
        )
        self.register_outputs({})


def _as_root(script: str) -> str:
    return f"sudo sh -c {shlex.quote(script)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
