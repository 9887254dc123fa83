"""The number of a release, looked up in a registry that speaks its protocol over HTTPS."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from ci.releases import Credentials, Releases
from ci.thing import CloudError

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
TAGS = {"deployed-staging-1": A, "deployed-staging-2": B, "deployed-staging-10": A, "deployed-production-11": B, "latest": B}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[tuple[Releases, list[str]]]:
    """A history in it, and the tags whose digest was asked for."""
    authority, asked = trustme.CA(), list[str]()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    class Handler(http.server.BaseHTTPRequestHandler):
        """The two calls (https://github.com/opencontainers/distribution-spec/blob/main/spec.md)."""

        def do_GET(self) -> None:
            body = json.dumps({"name": "group/app", "tags": list(TAGS)}).encode()
            self._answer(body, "application/json")

        def do_HEAD(self) -> None:
            tag = self.path.rpartition("/")[2]
            asked.append(tag)
            self._answer(b"", "application/vnd.oci.image.manifest.v1+json", digest=TAGS[tag])

        def _answer(self, body: bytes, kind: str, *, digest: str = "") -> None:
            self.send_response(200)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Docker-Content-Digest", digest)):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    where = f"127.0.0.1:{server.server_address[1]}"
    yield _releases(where, tmp_path), asked
    server.shutdown()
    thread.join()
    server.server_close()


def _releases(where: str, folder: Path) -> Releases:
    who = Credentials(name="ci", password="token")
    return Releases("staging", f"registry.gitlab.com/group/app@{A}", who, keep=5, reached_at=where, ca_file=str(folder / "ca.pem"))


def test_it_is_the_newest_of_the_stack_that_has_this_digest(registry: tuple[Releases, list[str]]) -> None:
    releases, asked = registry
    assert releases.number(A) == 10
    assert asked == ["deployed-staging-10"], "the older ones are not asked for"
    assert releases.number(B) == 2


def test_a_digest_that_was_never_released_has_none(registry: tuple[Releases, list[str]]) -> None:
    assert registry[0].number(f"sha256:{'c' * 64}") == 0


def test_a_registry_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    with pytest.raises(CloudError, match=r"the registry of registry\.gitlab\.com/group/app: "):
        _releases("127.0.0.1:1", tmp_path).number(A)
