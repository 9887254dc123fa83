"""Reserved addresses: which are taken and whose they are, kept in a file because they outlive the process that gave them."""

import json
from pathlib import Path

from rehearsal.world import network
from rehearsal.world.droplets import Droplets


class Addresses:
    """Each is held by one droplet, or by none; while one moves, both have it for a moment."""

    def __init__(self, file: Path, droplets: Droplets) -> None:
        self._file, self._droplets = file, droplets

    def reserve(self) -> str:
        """Take the lowest free one."""
        known = self._read()
        address = next(address for address in network.RESERVED if address not in known)
        self._write({**known, address: None})
        return address

    def assign(self, address: str, droplet: int | None) -> None:
        """Give it to a droplet, or to none."""
        known = self._read()
        before = known.get(address)
        if droplet is not None:
            self._droplets.add_address(droplet, address, present=True)
        if before is not None and before != droplet:
            self._droplets.add_address(before, address, present=False)
        self._write({**known, address: droplet})

    def release(self, address: str) -> None:
        """Give it back."""
        if address in self._read():
            self.assign(address, None)
            self._write({key: value for key, value in self._read().items() if key != address})

    def _read(self) -> dict[str, int | None]:
        known: dict[str, int | None] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return known

    def _write(self, known: dict[str, int | None]) -> None:
        self._file.write_text(json.dumps(known))
