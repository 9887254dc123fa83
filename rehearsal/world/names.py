"""The cloud's DNS: dnsmasq with the names that the APIs know, and those of the cloud's own services."""

from pathlib import Path

from rehearsal.cloud.spaces.app import DOMAIN
from rehearsal.world import network
from rehearsal.world.engine import Engine

IMAGE = "rehearsal/cloud"
CONTAINER = "rehearsal-names"


class Names:
    """One folder of hosts files, which dnsmasq reads again whenever one of them changes."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder = engine, folder

    def start(self) -> None:
        """Start the server; what it doesn't know it asks of this machine's own name server."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._engine.run(
            CONTAINER,
            IMAGE,
            network=network.PUBLIC,
            address=network.NAMES,
            command=[
                "dnsmasq",
                "--keep-in-foreground",
                "--user=root",
                "--log-facility=-",
                "--no-hosts",
                "--hostsdir=/names",
                # Each bucket has a name of its own below it.
                f"--address=/{DOMAIN}/{network.SPACES}",
                "--local-ttl=1",
            ],
            volumes={str(self._folder): {"bind": "/names", "mode": "ro"}},
            cap_add=["NET_ADMIN"],
            restart_policy={"Name": "unless-stopped"},
        )

    def set(self, group: str, names: dict[str, list[str]]) -> None:
        """Answer these from now on in place of what the group had. The file is replaced in place: dnsmasq watches the folder."""
        lines = [f"{address} {name}\n" for name, addresses in names.items() for address in addresses]
        (self._folder / group).write_text("".join(lines))
        if self._engine.get(CONTAINER):
            # A name that went away is forgotten only on SIGHUP (dnsmasq's manual, --hostsdir).
            self._engine.execute(CONTAINER, ["sh", "-c", "kill -HUP 1"])
