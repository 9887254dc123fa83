"""Who may use the registry: credentials of DigitalOcean's registry and GitLab's deploy tokens, in one list for the world.

The collection `registry_users` holds them: `{name, password, write, expires_at}`, `expires_at` in seconds since 1970 or None.
Its keys are the API's own and no secret.
"""

import time

from rehearsal.cloud.store import Store
from rehearsal.cloud.world import RegistryUser, World


def publish(store: Store, world: World) -> None:
    """Tell the world who may use the registry from now on. Call it after each change of the collection, outside `with store`.

    Who has expired is left out, and forgotten.
    """
    with store.applying:
        with store:
            users = store["registry_users"]
            for key in [key for key, user in users.items() if user["expires_at"] and user["expires_at"] <= time.time()]:
                del users[key]
            known = [RegistryUser(name=user["name"], password=user["password"], write=user["write"]) for user in users.values()]
        world.set_registry_users(known)
