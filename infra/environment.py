"""Environment: what the image finds in its variables, as one shell file that is a secret as a whole."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pydantic import SecretStr

from infra import placeholders
from infra.connection import CA_FILE, Connection

ENV_FILE = "/run/secrets/site.env"
"""Where a process finds it."""
CONNECT_TIMEOUT = "3"
"""Well below the five seconds that the health check waits for an answer, which may be that the database does not."""


def environment(
    *,
    domain: str,
    aliases: Sequence[str],
    database: Connection,
    pool: Connection | None,
    broker_url: pulumi.Output[str] | None,
    secret_key: SecretStr,
    fallbacks: SecretStr,
    media: Mapping[str, pulumi.Input[str]],
    env: Mapping[str, str],
    secrets: Mapping[str, SecretStr],
) -> pulumi.Output[str]:
    """Lines of `NAME='value'`, sorted; a secret.

    What common Django images read is given under all its usual names; `media` (infra/bucket.py) with it; `env` and `secrets`
    come after it and win.
    """
    own = {**env, **{name: value.get_secret_value() for name, value in secrets.items()}}

    def build(direct: Mapping[str, str], pooled: Mapping[str, str], broker: str, stored: Mapping[str, str]) -> str:
        values = {f"database.{part}": value for part, value in direct.items()}
        values |= {f"database.pool.{part}": value for part, value in pooled.items()}
        values |= {"domain": domain, "broker.url": broker}
        hosts, former = ",".join([domain, *aliases]), fallbacks.get_secret_value()
        given = {
            "DATABASE_URL": direct["url"],
            "PGHOST": direct["host"],
            "PGPORT": direct["port"],
            "PGUSER": direct["user"],
            "PGPASSWORD": direct["password"],
            "PGDATABASE": direct["name"],
            "PGSSLMODE": database.sslmode,
            # In seconds, for one attempt: without it a worker waits two minutes and more for a database that is silent, as in a failover.
            "PGCONNECT_TIMEOUT": CONNECT_TIMEOUT,
            **({"PGSSLROOTCERT": CA_FILE} if database.verify else {}),
            **dict.fromkeys(("SECRET_KEY", "DJANGO_SECRET_KEY"), secret_key.get_secret_value()),
            # Left out when empty: an image that splits it at commas would accept what is signed with the empty key.
            **(dict.fromkeys(("SECRET_KEY_FALLBACKS", "DJANGO_SECRET_KEY_FALLBACKS"), former) if former else {}),
            **dict.fromkeys(("ALLOWED_HOSTS", "DJANGO_ALLOWED_HOSTS"), hosts),
            "CSRF_TRUSTED_ORIGINS": ",".join(f"https://{host}" for host in [domain, *aliases]),
            **(dict.fromkeys(("BROKER_URL", "CELERY_BROKER_URL", "REDIS_URL"), broker) if broker else {}),
            **stored,
        }
        filled = {name: placeholders.fill(value, values) for name, value in own.items()}
        return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted({**given, **filled}.items()))

    known: pulumi.Output[list[Any]] = pulumi.Output.all(database.parts, pool.parts if pool else {}, broker_url or "", dict(media))
    return pulumi.Output.secret(known.apply(lambda parts: build(*parts)))
