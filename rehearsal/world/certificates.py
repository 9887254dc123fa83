"""The rehearsal's own certificate authority: signs what plays the cloud (APIs, registries, databases), never the site."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificate:
    """A server certificate with its chain, and its key, as PEM."""

    chain: str
    key: str

    def write(self, chain: Path, key: Path) -> None:
        """Write both, the key readable for the owner only."""
        chain.write_text(self.chain)
        key.touch(mode=0o600)
        key.write_text(self.key)


class Authority:
    """Made once and kept in `folder`, so that what trusts it goes on doing so."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file, key = folder / "ca.crt", folder / "ca.key"
        if key.exists():
            self._ca = trustme.CA.from_pem(self.file.read_bytes(), key.read_bytes())
        else:
            self._ca = trustme.CA(organization_name="Rehearsal", organization_unit_name="not for real use")
            Certificate(self._ca.cert_pem.bytes().decode(), self._ca.private_key_pem.bytes().decode()).write(self.file, key)
        self.certificate = self.file.read_text()

    def issue(self, *names: str) -> Certificate:
        """A server certificate for these names or addresses."""
        leaf = self._ca.issue_cert(*names)
        chain = "".join(pem.bytes().decode() for pem in leaf.cert_chain_pems)
        return Certificate(chain, leaf.private_key_pem.bytes().decode())
