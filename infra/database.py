"""Database: the managed Postgres cluster, its database, its login user, who may connect, and how."""

import pulumi
import pulumi_digitalocean as do

from infra.connection import Connection


class Database(pulumi.ComponentResource):
    """A cluster in the VPC that only droplets with the tag can reach, over TLS."""

    connection: Connection
    """The direct way in, as the login user."""
    pool: Connection | None
    """The way through PgBouncer (transaction mode), where there is a pool."""
    administrator: Connection
    """The direct way in as `doadmin`, for preparing the schema only."""
    cluster_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        region: pulumi.Input[str],
        size: pulumi.Input[str],
        nodes: int,
        version: str,
        pool_size: int,
        generation: int,
        verify: bool,
        vpc_id: pulumi.Input[str],
        tag: pulumi.Input[str],
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("site:infra:Database", name, None, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=protect, delete_before_replace=False)
        cluster = do.DatabaseCluster(
            name,
            name=f"site-{stack}",
            engine="pg",
            version=version,
            size=size,
            node_count=nodes,
            region=region,
            private_network_uuid=vpc_id,
            tags=[tag],
            opts=kept,
        )
        database = do.DatabaseDb(name, name="site", cluster_id=cluster.id, opts=kept)
        # A login user comes and goes by generation: all of them act as the role that owns the schema (schema.py).
        user = do.DatabaseUser(
            f"{name}-{generation}",
            name=f"site{generation}",
            cluster_id=cluster.id,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        do.DatabaseFirewall(
            name,
            cluster_id=cluster.id,
            rules=[do.DatabaseFirewallRuleArgs(type="tag", value=tag)],
            # Without rules a cluster is open to the world, and that is what deleting this resource means.
            opts=pulumi.ResourceOptions(parent=self, protect=protect, delete_before_replace=False),
        )

        def way(user: pulumi.Output[str], password: pulumi.Output[str], port: pulumi.Output[int], to: pulumi.Output[str]) -> Connection:
            secret: pulumi.Output[str] = pulumi.Output.secret(password)
            return Connection(host=cluster.private_host, port=port, user=user, password=secret, name=to, verify=verify)

        self.connection = way(user.name, user.password, cluster.port, database.name)
        self.administrator = way(cluster.user, cluster.password, cluster.port, database.name)
        self.pool = None
        if pool_size:
            pool = do.DatabaseConnectionPool(
                name,
                name="site-pool",
                cluster_id=cluster.id,
                db_name=database.name,
                mode="transaction",
                size=pool_size,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
            self.pool = way(user.name, user.password, pool.port, pool.name)
        self.cluster_id = cluster.id
        self.register_outputs({"cluster_id": self.cluster_id})
