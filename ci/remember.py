"""What is left of a good release: its tag in the registry. What nobody can go back to any more goes, on the host and in the registry."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ci import images
from ci.host import Host, HostError
from ci.registry_tags import Tags
from ci.releases import Releases
from ci.services import Services
from ci.thing import CloudError


def remember(
    host: Host, releases: Releases | None, tags_of: Callable[[str], Tags], *, image: str, running: str, say: Callable[[str], None]
) -> None:
    """Tag `image`, after the one that was `running`. Nothing is raised: what could not be done is said, and the release is good."""
    if releases is None:
        say("not tagged in the registry, and no old image is removed: there is no token that may push to it")
        return
    try:
        # What ran may have come there by another way: going back means to it.
        releases.add(running.partition("@")[2])
        say(f"release {releases.add(image.partition('@')[2])} of {releases.stack}")
    except CloudError as error:
        say(f"warning: the release is not in the history: {error}")
        return
    try:
        kept, outdated = releases.kept(), releases.outdated()
        with ThreadPoolExecutor() as pool:
            there, in_use = pool.submit(images.present, host, releases.repository), pool.submit(Services.on, host)
            tags = pool.submit(tags_of(releases.repository).remove, releases.repository, outdated)
            images.remove(host, there.result() - in_use.result().images - kept)
            tags.result()
    except (CloudError, HostError) as error:
        say(f"warning: not all that is old was removed: {error}")
