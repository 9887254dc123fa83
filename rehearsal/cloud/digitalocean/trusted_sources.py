"""Who may connect to each database cluster: tags and droplets become addresses, and the world is told."""

from functools import partial

from rehearsal.cloud.digitalocean import addresses
from rehearsal.cloud.digitalocean.telling import tell
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World


def publish(store: Store, world: World) -> None:
    """Tell the world who may connect, for each cluster where that changed. Call it outside `with store`, after each change of
    rules, tags or droplets."""
    with store.applying:
        with store:
            built = [each for each in store["databases"].values() if each["endpoint"]["host"] and not each["deleting"]]
            wanted = {cluster["id"]: resolve(store, cluster["rules"]) for cluster in built}
        for cluster, peers in wanted.items():
            tell(store, subject(cluster), peers, partial(world.set_trusted, cluster, peers))


def subject(cluster: str) -> str:
    """Under which name the world was told who may connect."""
    return f"trusted sources of database cluster {cluster}"


def resolve(store: Store, rules: list[Object]) -> list[str] | None:
    """The addresses that the rules mean now; an empty list lets nobody in, None everybody. Inside `with store`."""
    if not rules:
        return None
    peers: list[str] = []
    for rule in rules:
        match rule["type"]:
            case "ip_addr":
                peers.append(rule["value"])
            case "tag":
                peers += addresses.of_tags(store, [rule["value"]])
            case "droplet":
                peers += addresses.of_droplets(store, [int(rule["value"])])
    return list(dict.fromkeys(peers))
