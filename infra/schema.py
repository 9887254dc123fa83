"""Schema: who owns what is in the database, prepared once as its administrator, before the first migration."""

import shlex
from pathlib import Path

import pulumi

from infra.connection import Connection
from infra.generations import numbered
from infra.host import Host, on_host
from infra.service import drained

_SQL = (Path(__file__).parent / "schema.sql").read_text()
# Passwords come on stdin and go to psql by its environment. The second call is the login user's own: whatever it makes from now
# on belongs to the role `site`.
_PSQL = """set -eu
read -r PGPASSWORD; export PGPASSWORD; read -r theirs; cat > /tmp/schema.sql
psql -qX -v ON_ERROR_STOP=1 -v login="$LOGIN" -U "$ADMINISTRATOR" -f /tmp/schema.sql
PGPASSWORD=$theirs psql -qX -v ON_ERROR_STOP=1 -U "$LOGIN" -c "ALTER ROLE CURRENT_USER SET role = 'site'"
"""


class Schema(pulumi.ComponentResource):
    """The owner role and the rights on the schema, for one login user."""

    prepared: pulumi.Resource
    """What the first migration waits for."""

    def __init__(
        self,
        name: str,
        *,
        host: Host,
        administrator: Connection,
        connection: Connection,
        cluster_id: pulumi.Input[str],
        client_image: str,
        generation: int,
        stop_grace: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Schema", name, None, opts)

        def script(args: list[str]) -> str:
            where, port, database, admin, login = (str(arg) for arg in (args[0], int(args[1]), *args[2:]))
            environment = {
                "PGHOST": where,
                "PGPORT": port,
                "PGDATABASE": database,
                "PGSSLMODE": "require",
                "ADMINISTRATOR": admin,
                "LOGIN": login,
            }
            options = shlex.join(word for key, value in environment.items() for word in ("-e", f"{key}={value}"))
            run = f"docker run --rm -i --name schema {options} --entrypoint sh {shlex.quote(client_image)} -c {shlex.quote(_PSQL)}"
            return f"docker pull --quiet {shlex.quote(client_image)} >/dev/null && {run}"

        target = [connection.host, connection.port, connection.name, administrator.user, connection.user]
        self.prepared = on_host(
            name,
            host=host,
            script=pulumi.Output.all(*target).apply(script),
            stdin=pulumi.Output.secret(
                pulumi.Output.all(administrator.password, connection.password).apply(lambda secrets: "\n".join([*secrets, _SQL]))
            ),
            triggers=[cluster_id, connection.name, connection.user],
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Its user goes after it: whoever is still at work with the old login may end that.
        on_host(
            numbered(f"{name}-login", generation),
            host=host,
            script=connection.user.apply(lambda user: f": {user}"),
            triggers=[host.droplet],
            delete=drained(stop_grace),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
