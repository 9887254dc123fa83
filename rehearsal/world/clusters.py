"""Managed database clusters: a real Postgres with TLS and PgBouncer, whose `doadmin` may no more than DigitalOcean's.

DigitalOcean documents what a cluster's administrator lacks (superuser) and that, from Postgres 15 on, a user made through the API
may not create in the schema `public`: https://docs.digitalocean.com/products/databases/postgresql/how-to/modify-user-privileges/
"""

import json
import shutil
from pathlib import Path

from rehearsal.cloud.world import Cluster, Pool
from rehearsal.world import network
from rehearsal.world.certificates import Authority
from rehearsal.world.engine import Engine

IMAGE = "rehearsal/cloud"
PORT, POOL_PORT = 25060, 25061
VERSION = "17"
"""The only Postgres that is in the image."""
_BIN = f"/usr/lib/postgresql/{VERSION}/bin"
_START = f"""set -eu
mkdir -p /data /run/postgresql && chown postgres /data /run/postgresql
install -o postgres -m 0600 /tls/server.key /run/postgresql/server.key
[ -e /data/PG_VERSION ] || su postgres -c '{_BIN}/initdb -D /data -U _root --auth-local=trust --auth-host=reject -E UTF8 >/dev/null'
cat > /data/pg_hba.conf <<'RULES'
local all _root peer map=root
local all all scram-sha-256
hostssl all all 0.0.0.0/0 scram-sha-256
RULES
printf 'root root _root\\nroot postgres _root\\n' > /data/pg_ident.conf
[ ! -s /tls/firewall.nft ] || nft -f /tls/firewall.nft
exec su postgres -c 'exec {_BIN}/postgres -D /data -p {PORT} -c listen_addresses=* -c ssl=on -c ssl_cert_file=/tls/server.crt \
 -c ssl_key_file=/run/postgresql/server.key -c max_connections=$CONNECTIONS -c shared_buffers=64MB \
 -c unix_socket_directories=/run/postgresql'
"""

_POOLER = f"""[pgbouncer]
listen_addr = *
listen_port = {POOL_PORT}
unix_socket_dir =
pidfile = /run/postgresql/pgbouncer.pid
auth_type = scram-sha-256
auth_file = /tls/users.txt
client_tls_sslmode = require
client_tls_cert_file = /tls/server.crt
client_tls_key_file = /run/postgresql/server.key
max_prepared_statements = 100
ignore_startup_parameters = extra_float_digits
"""


def container(cluster: str) -> str:
    """The name of the container that plays a cluster."""
    return f"rehearsal-db-{cluster[:8]}"


class Clusters:
    """All clusters; each has a folder with its certificate, pools and firewall."""

    def __init__(self, engine: Engine, folder: Path, authority: Authority) -> None:
        self._engine, self._folder, self._authority = engine, folder, authority

    def create(self, cluster: str, *, name: str, vpc: str, connections: int, password: str) -> tuple[Cluster, str]:
        """Start it in its VPC and give where it answers, and at which address. `doadmin` owns `defaultdb`.

        Postgres keeps three of the `connections` for itself, as DigitalOcean's does.
        """
        told = self._told(cluster)
        host = f"{name}-do-user-1-0.db.ondigitalocean.com"
        private_host = f"private-{host}"
        certificate = self._authority.issue(host, private_host)
        certificate.write(told / "server.crt", told / "server.key")
        box = self._engine.run(
            container(cluster),
            IMAGE,
            network=network.private(vpc),
            command=["sh", "-c", f"export CONNECTIONS={connections + 3}\n{_START}"],
            volumes={
                self._engine.ensure_volume(container(cluster)): {"bind": "/data", "mode": "rw"},
                str(told): {"bind": "/tls", "mode": "ro"},
            },
            cap_add=["NET_ADMIN"],
            shm_size="128m",
            restart_policy={"Name": "unless-stopped"},
        )
        self._engine.execute(
            container(cluster),
            ["timeout", "60", "sh", "-c", f"until {_BIN}/pg_isready -q -h /run/postgresql -p {PORT}; do sleep 0.1; done"],
        )
        self._sql(
            cluster,
            _unless("pg_roles", "rolname", "doadmin", "CREATE ROLE doadmin LOGIN NOSUPERUSER CREATEROLE CREATEDB"),
            f"ALTER ROLE doadmin PASSWORD {_quote(password)};",
            "GRANT pg_monitor, pg_read_all_stats, pg_signal_backend TO doadmin;",
        )
        self.create_database(cluster, "defaultdb")
        box.reload()
        address = box.attrs["NetworkSettings"]["Networks"][network.private(vpc)]["IPAddress"]
        where = Cluster(host=host, private_host=private_host, port=PORT, pool_port=POOL_PORT, ca=self._authority.certificate)
        return where, address

    def delete(self, cluster: str) -> None:
        """Take it away with its data and its backups, as DigitalOcean does."""
        self._engine.remove(container(cluster))
        self._engine.remove_volume(container(cluster))
        shutil.rmtree(self._folder / cluster, ignore_errors=True)

    def set_user(self, cluster: str, user: str, password: str) -> None:
        """Make a login user with no rights beyond connecting, or give it another password."""
        self._sql(
            cluster,
            _unless("pg_roles", "rolname", user, f"CREATE ROLE {_name(user)} LOGIN"),
            f"ALTER ROLE {_name(user)} PASSWORD {_quote(password)};",
            # On DigitalOcean the administrator may administer every user that the API made.
            f"GRANT {_name(user)} TO doadmin WITH ADMIN OPTION;" if user != "doadmin" else "",
        )
        self._remember(cluster, user, password)

    def delete_user(self, cluster: str, user: str) -> None:
        """Drop it; what it owned goes to doadmin, its sessions end."""
        self._sql(
            cluster,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {_quote(user)};",  # noqa: S608 - quoted
            f"REASSIGN OWNED BY {_name(user)} TO doadmin;",
            f"DROP OWNED BY {_name(user)};",
            f"DROP ROLE {_name(user)};",
        )
        self._remember(cluster, user, None)

    def create_database(self, cluster: str, database: str) -> None:
        """Make a database that doadmin owns."""
        self._sql(
            cluster,
            _unless("pg_database", "datname", database, f"CREATE DATABASE {_name(database)} OWNER doadmin"),
        )

    def delete_database(self, cluster: str, database: str) -> None:
        """Drop it with all that is in it."""
        self._sql(cluster, f"DROP DATABASE IF EXISTS {_name(database)} WITH (FORCE);")

    def set_pools(self, cluster: str, pools: list[Pool]) -> None:
        """Have PgBouncer serve these pools: it is started with the first, reloaded after that and ended with the last."""
        told = self._told(cluster)
        lines = [
            f"{pool.name} = host=/run/postgresql port={PORT} dbname={pool.database} pool_mode={pool.mode} pool_size={pool.size}"
            + (f" user={pool.user}" if pool.user else "")
            for pool in pools
        ]
        (told / "pgbouncer.ini").write_text("\n".join(["[databases]", *lines, _POOLER]))
        start = "pkill -HUP pgbouncer || su postgres -c '/usr/sbin/pgbouncer -q -d /tls/pgbouncer.ini'"
        self._engine.execute(container(cluster), ["sh", "-c", start if pools else "pkill pgbouncer || true"])

    def set_trusted(self, cluster: str, peers: list[str] | None) -> None:
        """Let only these addresses connect; None: everybody."""
        text = "table inet cloud\ndelete table inet cloud\n"
        if peers is not None:
            allowed = f"ip saddr {{ {', '.join(peers)} }} accept\n" if peers else ""
            text += (
                "table inet cloud { chain in { type filter hook input priority 0; policy drop;\n"
                f"iifname lo accept\nct state established,related accept\n{allowed}}}\n}}\n"
            )
        (self._told(cluster) / "firewall.nft").write_text(text)
        self._engine.execute(container(cluster), ["nft", "-f", "-"], stdin=text)

    def _sql(self, cluster: str, *statements: str) -> None:
        command = [
            "psql",
            "-qAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "/run/postgresql",
            "-p",
            str(PORT),
            "-U",
            "_root",
            "-d",
            "postgres",
            "-f",
            "-",
        ]
        self._engine.execute(container(cluster), command, stdin="\n".join(statements))

    def _remember(self, cluster: str, user: str, password: str | None) -> None:
        """PgBouncer logs in with what the client gave, and so needs the passwords of those who may."""
        told = self._told(cluster)
        known = told / "users.json"
        users: dict[str, str] = json.loads(known.read_text()) if known.exists() else {}
        if password is None:
            users.pop(user, None)
        else:
            users[user] = password
        known.write_text(json.dumps(users))
        (told / "users.txt").write_text("".join(f'"{name}" "{secret}"\n' for name, secret in users.items()))
        self._engine.execute(container(cluster), ["sh", "-c", "pkill -HUP pgbouncer || true"])

    def _told(self, cluster: str) -> Path:
        folder = self._folder / cluster
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _unless(table: str, column: str, name: str, statement: str) -> str:
    """A statement that runs only where no row of that name is there; Postgres has no IF NOT EXISTS for roles and databases."""
    there = f"EXISTS (SELECT FROM {table} WHERE {column} = {_quote(name)})"
    return f"SELECT {_quote(statement)} WHERE NOT {there} \\gexec"
