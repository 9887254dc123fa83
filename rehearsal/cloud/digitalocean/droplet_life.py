"""What happens to a droplet while nobody waits for an answer: it boots, it is deleted. Both survive a restart of the process."""

from dataclasses import asdict
from functools import partial

from rehearsal.cloud.digitalocean import actions, catalogue, firewall_rules, jobs, telling, trusted_sources
from rehearsal.cloud.store import Object, Store
from rehearsal.cloud.world import World


def boot(store: Store, world: World, number: int) -> None:
    """Boot a droplet in the background. Where that fails the droplet is `off`, which clients that wait for `active` report at
    once, its action is `errored`, and the reason is in the log."""
    with store:
        store["droplets"][str(number)]["addresses"] = None
    jobs.start(f"the boot of droplet {number}", partial(_boot, store, world, number))


def delete(store: Store, world: World, number: int) -> None:
    """Delete a droplet in the background; the API knows it until it is gone."""
    jobs.start(f"the deletion of droplet {number}", partial(_delete, store, world, number))


def resume(store: Store, world: World) -> None:
    """Take up what was under way when the process ended: a droplet that was booting boots again, from nothing."""
    with store:
        waiting = [droplet for droplet in store["droplets"].values() if droplet["locked"]]
    for droplet in waiting:
        if droplet["deleting"]:
            delete(store, world, droplet["id"])
        elif "boot" in droplet:
            boot(store, world, droplet["id"])


def _boot(store: Store, world: World, number: int) -> None:
    with store:
        droplet = dict(store["droplets"][str(number)])
        order, vpc = droplet["boot"], store["vpcs"][droplet["vpc"]]
    try:
        world.delete_droplet(number)  # what a boot that was cut off left behind
        addresses = world.create_droplet(
            number,
            name=droplet["name"],
            vpc=vpc["id"],
            vpc_range=vpc["ip_range"],
            memory=catalogue.SIZES[droplet["size"]][0],
            user_data=order["user_data"],
            public_keys=order["public_keys"],
        )
        with store:
            store["droplets"][str(number)]["addresses"] = asdict(addresses)
        # Guarded before it is said to be there.
        _publish(store, world)
        telling.check(store, firewall_rules.subject(number))
    except Exception:
        _booted(store, number, status="off")
        raise
    _booted(store, number, status="active")


def _booted(store: Store, number: int, *, status: str) -> None:
    with store:
        droplet: Object = store["droplets"][str(number)]
        actions.finish(store, droplet["boot"]["action"], failed=status != "active")
        # The user data holds secrets, and nobody needs it any more.
        del droplet["boot"]
        droplet |= {"status": status, "locked": False}


def _delete(store: Store, world: World, number: int) -> None:
    try:
        _take_away(store, world, number)
    except Exception:
        with store:
            store["droplets"][str(number)] |= {"locked": False, "deleting": False}
        raise


def _take_away(store: Store, world: World, number: int) -> None:
    with store.applying:
        telling.forget(store, firewall_rules.subject(number))
        with store:
            held = [reserved["ip"] for reserved in store["reserved_ips"].values() if reserved["droplet"] == number]
        for ip in held:
            world.assign_ip(ip, None)
            with store:
                store["reserved_ips"][ip]["droplet"] = None
        _publish(store, world)
    world.delete_droplet(number)
    with store:
        del store["droplets"][str(number)]
        for firewall in store["firewalls"].values():
            firewall["droplet_ids"] = [other for other in firewall["droplet_ids"] if other != number]


def _publish(store: Store, world: World) -> None:
    firewall_rules.publish(store, world)
    trusted_sources.publish(store, world)
