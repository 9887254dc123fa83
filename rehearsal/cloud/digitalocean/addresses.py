"""Which addresses a firewall means when it names droplets or a tag."""

from rehearsal.cloud.store import Object, Store


def of_tags(store: Store, tags: list[str]) -> list[str]:
    """Private and public addresses of the droplets that have one of the tags. Inside `with store`."""
    return _addresses([droplet for droplet in store["droplets"].values() if set(tags) & set(droplet["tags"])])


def of_droplets(store: Store, numbers: list[int]) -> list[str]:
    """Private and public addresses of the droplets. Inside `with store`."""
    return _addresses([droplet for droplet in store["droplets"].values() if droplet["id"] in numbers])


def _addresses(droplets: list[Object]) -> list[str]:
    there = [droplet["addresses"] for droplet in droplets if droplet["addresses"] and not droplet["deleting"]]
    return [address for each in there for address in (each["private"], each["public"])]
