"""A throw-away certificate for servers of the tests."""

from pathlib import Path

import trustme


def certificate(folder: Path) -> Path:
    """One file with a key, a certificate of 127.0.0.1 and the authority that signed it: a server shows it, a client trusts it."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    path = folder / "certificate.pem"
    path.write_bytes(leaf.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())
    return path
