"""How an application reaches the database: the parts, and the URL made of them."""

from dataclasses import dataclass
from urllib.parse import quote

import pulumi

CA_FILE = "/run/secrets/database-ca.crt"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One way in: direct, or through the pool. `password` is a secret."""

    host: pulumi.Output[str]
    port: pulumi.Output[int]
    user: pulumi.Output[str]
    password: pulumi.Output[str]
    name: pulumi.Output[str]
    verify: bool
    """Whether the application checks the server's certificate against `CA_FILE`; TLS is required in any case."""

    @property
    def sslmode(self) -> str:
        """Postgres's name for how TLS is used."""
        return "verify-full" if self.verify else "require"

    @property
    def parts(self) -> pulumi.Output[dict[str, str]]:
        """host, port, user, password, name and url, as texts; a secret as a whole."""

        def build(args: list[str]) -> dict[str, str]:
            host, port, user, password, name = (str(arg) for arg in (args[0], int(args[1]), *args[2:]))
            query = f"sslmode={self.sslmode}" + (f"&sslrootcert={CA_FILE}" if self.verify else "")
            url = f"postgres://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{name}?{query}"
            return {"host": host, "port": port, "user": user, "password": password, "name": name, "url": url}

        return pulumi.Output.secret(pulumi.Output.all(self.host, self.port, self.user, self.password, self.name).apply(build))
