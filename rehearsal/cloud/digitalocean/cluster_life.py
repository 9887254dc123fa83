"""What happens to a database cluster while nobody waits for an answer: it is built, it is deleted. Both survive a restart."""

from dataclasses import asdict
from functools import partial

from rehearsal.cloud.digitalocean import cluster_plans, jobs, telling, trusted_sources
from rehearsal.cloud.store import Store
from rehearsal.cloud.world import Cluster, World, WorldError

NOWHERE = asdict(Cluster(host="", private_host="", port=25060, pool_port=25061, ca=""))
"""Where a cluster answers that is not built yet."""
INSIDE = ("database_users", "database_dbs", "database_pools")


def build(store: Store, world: World, cluster: str) -> None:
    """Build a cluster in the background. Where that fails it stays `creating` with the reason in `failure`."""
    telling.forget(store, trusted_sources.subject(cluster))
    with store:
        store["databases"][cluster] |= {"endpoint": NOWHERE, "failure": None}
    jobs.start(f"the creation of database cluster {cluster}", partial(_build, store, world, cluster))


def delete(store: Store, world: World, cluster: str) -> None:
    """Delete a cluster in the background."""
    jobs.start(f"the deletion of database cluster {cluster}", partial(_delete, store, world, cluster))


def resume(store: Store, world: World) -> None:
    """Take up what was under way when the process ended; a cluster that was being built is built from nothing."""
    with store:
        clusters = list(store["databases"].values())
    for cluster in clusters:
        if cluster["deleting"]:
            delete(store, world, cluster["id"])
        elif cluster["status"] == "creating":
            build(store, world, cluster["id"])


def _build(store: Store, world: World, number: str) -> None:
    with store:
        cluster = store["databases"][number]
        password = store["database_users"][f"{number}/doadmin"]["password"]
    try:
        world.delete_cluster(number)  # what a creation that was cut off left behind
        endpoint = world.create_cluster(
            number,
            name=cluster["name"],
            vpc=cluster["vpc"],
            version=cluster["version"],
            nodes=cluster["num_nodes"],
            connections=cluster_plans.connection_limit(cluster["size"]),
            password=password,
        )
        with store:
            store["databases"][number]["endpoint"] = asdict(endpoint)
        # Guarded before it is said to be there.
        trusted_sources.publish(store, world)
        telling.check(store, trusted_sources.subject(number))
    except Exception as error:
        with store:
            reason = str(error) if isinstance(error, WorldError) else "the reason is in the log"
            store["databases"][number]["failure"] = reason
        raise
    with store:
        store["databases"][number]["status"] = "online"


def _delete(store: Store, world: World, number: str) -> None:
    world.delete_cluster(number)
    with store:
        del store["databases"][number]
        for collection in INSIDE:
            for key in [key for key, one in store[collection].items() if one["cluster"] == number]:
                del store[collection][key]
