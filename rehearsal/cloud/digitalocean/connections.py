"""How a database is reached: one entry for the public host name and one for the private."""

from rehearsal.cloud.store import Object


def direct(cluster: Object, *, database: str, user: Object) -> Object:
    """Connections past the pools. Before the cluster is online the host names are empty."""
    return _both(cluster, cluster["endpoint"]["port"], database, user)


def pooled(cluster: Object, *, pool: str, user: Object) -> Object:
    """Connections through a pool: its name stands where the database's would."""
    return _both(cluster, cluster["endpoint"]["pool_port"], pool, user)


def _both(cluster: Object, port: int, database: str, user: Object) -> Object:
    hosts = {"connection": cluster["endpoint"]["host"], "private_connection": cluster["endpoint"]["private_host"]}
    return {name: _connection(host, port, database, user["name"], user["password"]) for name, host in hosts.items()}


def _connection(host: str, port: int, database: str, user: str, password: str) -> Object:
    return {
        "protocol": "postgresql",
        "uri": f"postgresql://{user}:{password}@{host}:{port}/{database}?sslmode=require",
        "database": database,
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "ssl": True,
    }
