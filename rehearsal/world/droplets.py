"""Droplets: containers that boot systemd and run the real cloud-init with the program's own user data."""

import json
import shutil
import threading
from pathlib import Path

from rehearsal.cloud.world import Addresses, Rule, WorldError
from rehearsal.world import firewall, network
from rehearsal.world.engine import LABEL, Engine, docker_cli, explained

IMAGE = "rehearsal/droplet"


def container(droplet: int) -> str:
    """The name of the container that plays a droplet."""
    return f"rehearsal-droplet-{droplet}"


# A gratuitous ARP request: who talks to the address would else go on talking to the droplet that had it, for up to a minute.
_ANNOUNCE = r"""
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
mac, address = link.getsockname()[4], socket.inet_aton(sys.argv[1])
link.send(b"\xff" * 6 + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" + mac + address + b"\0" * 6 + address)
"""


class Droplets:
    """All droplets; each has a folder for what the cloud tells it (user data, firewall, CA, name server)."""

    def __init__(self, engine: Engine, folder: Path, ca: Path) -> None:
        self._engine, self._folder, self._ca = engine, folder, ca
        self._addressing = threading.Lock()

    def create(self, droplet: int, *, name: str, vpc: str, user_data: str, public_keys: list[str], memory: int) -> Addresses:
        """Boot it: `memory` in MiB is its limit. Started is not ready: cloud-init and Docker take some seconds more, as on a real one."""
        name_ = container(droplet)
        seed, told = self._told(droplet)
        (seed / "user-data").write_text(user_data)
        meta = {"instance-id": str(droplet), "local-hostname": name, "public-keys": public_keys}
        (seed / "meta-data").write_text(json.dumps(meta))
        (told / "resolv.conf").write_text(f"nameserver {network.NAMES}\n")
        shutil.copy(self._ca, told / "ca.crt")
        self._engine.remove(name_)
        volume = self._engine.ensure_volume(name_)
        private = network.private(vpc)
        with self._addressing, explained(f"booting the droplet {name}"):
            options = {
                "name": name_,
                "hostname": name,
                "label": f"{LABEL}={self._engine.labels[LABEL]}",
                "memory": f"{memory}m",
                "network": network.PUBLIC,
                "ip": self._free_address(),
            }
            mounts = [f"{volume}:/var/lib/docker", f"{seed}:/var/lib/cloud/seed/nocloud:ro", f"{told}:/etc/rehearsal:ro"]
            docker_cli(
                "create",
                *(f"--{option}={value}" for option, value in options.items()),
                *(f"--volume={mount}" for mount in mounts),
                *(f"--tmpfs={mount}" for mount in ("/run:exec", "/run/lock", "/tmp:exec")),  # noqa: S108 - a folder inside the droplet
                *self._engine.machine_options,
                IMAGE,
            )
            self._engine.client.networks.get(private).connect(name_)
            self._engine.client.containers.get(name_).start()
        return self._addresses(name_, private)

    def delete(self, droplet: int) -> None:
        """Take it away with its disk."""
        self._engine.remove(container(droplet))
        self._engine.remove_volume(container(droplet))
        shutil.rmtree(self._folder / str(droplet), ignore_errors=True)

    def power(self, droplet: int, *, on: bool) -> None:
        """Switch it on, or off as by the power button (systemd shuts down)."""
        box = self._engine.get(container(droplet))
        if box is None:
            raise WorldError(f"droplet {droplet} has no machine")
        with explained(f"switching the droplet {droplet}"):
            box.start() if on else box.stop(timeout=30)

    def add_address(self, droplet: int, address: str, *, present: bool) -> None:
        """Give the droplet a reserved address besides its own, or take it off."""
        if self._engine.get(container(droplet)) is None:
            return
        _, told = self._told(droplet)
        addresses = told / "addresses"
        known = set(addresses.read_text().split()) if addresses.exists() else set()
        addresses.write_text("\n".join(sorted(known | {address} if present else known - {address})))
        verb = "replace" if present else "del"
        self._engine.execute(container(droplet), ["ip", "addr", verb, f"{address}/32", "dev", "eth0"])
        if present:
            self._engine.execute(container(droplet), ["python3", "-c", _ANNOUNCE, address])

    def set_firewall(self, droplet: int, rules: list[Rule] | None) -> None:
        """Enforce these rules from now on, also after a reboot."""
        box = self._engine.get(container(droplet))
        if box is None:
            return
        _, told = self._told(droplet)
        text = firewall.ruleset(rules)
        (told / "firewall.nft").write_text(text)
        if box.status == "running":
            self._engine.execute(container(droplet), ["nft", "-f", "-"], stdin=text)

    def _told(self, droplet: int) -> tuple[Path, Path]:
        seed, told = self._folder / str(droplet) / "seed", self._folder / str(droplet) / "told"
        for folder in (seed, told):
            folder.mkdir(parents=True, exist_ok=True)
        return seed, told

    def _free_address(self) -> str:
        used = self._engine.client.networks.get(network.PUBLIC).attrs.get("Containers") or {}
        taken = {entry["IPv4Address"].split("/")[0] for entry in used.values()}
        return next(address for address in network.DROPLETS if address not in taken)

    def _addresses(self, name: str, private: str) -> Addresses:
        box = self._engine.client.containers.get(name)
        networks = box.attrs["NetworkSettings"]["Networks"]
        inside = self._engine.client.networks.get(private).attrs["IPAM"]["Config"][0]
        return Addresses(
            public=networks[network.PUBLIC]["IPAddress"],
            private=networks[private]["IPAddress"],
            public_gateway=network.GATEWAY,
            private_gateway=inside.get("Gateway") or networks[private]["IPAddress"],
        )
