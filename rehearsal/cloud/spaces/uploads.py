"""Bodies that come in pieces: `aws-chunked` within one request, and multipart uploads over several."""

import hashlib
import re
import secrets

from rehearsal.cloud.spaces.buckets import Buckets, Entry
from rehearsal.cloud.spaces.errors import S3Error


def content(headers: dict[str, str], body: bytes) -> bytes:
    """What a request brings, without the chunks that a client may send it in.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html: `SIZE[;chunk-signature=…]` in hexadecimal and a line end
    before each, the last one empty, trailers (checksums) after that.
    """
    if not headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return body
    parts: list[bytes] = []
    while True:
        head, _, body = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            return b"".join(parts)
        parts.append(body[:size])
        body = body[size + 2 :]


class Uploads:
    """Those that are not complete yet; kept in memory, as a restart of the service is the end of each of them."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._parts: dict[str, dict[int, bytes]] = {}
        self._about: dict[str, tuple[str, str, str, dict[str, str]]] = {}

    def begin(self, bucket: str, key: str, *, kind: str, metadata: dict[str, str]) -> str:
        """Gives its id."""
        self._buckets.settings(bucket)
        upload = secrets.token_hex(16)
        self._parts[upload], self._about[upload] = {}, (bucket, key, kind, metadata)
        return upload

    def part(self, upload: str, number: int, body: bytes) -> str:
        """Keep a part; gives its ETag."""
        self._find(upload)[number] = body
        return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'

    def complete(self, upload: str, order: str) -> Entry:
        """Make one object of the parts that `order` (CompleteMultipartUpload, XML) names."""
        parts = self._find(upload)
        numbers = [int(number) for number in re.findall(r"<PartNumber>(\d+)</PartNumber>", order)]
        if not numbers or not parts.keys() >= set(numbers):
            raise S3Error("InvalidPart", "One or more of the specified parts could not be found")
        bucket, key, kind, metadata = self._about[upload]
        digests = b"".join(hashlib.md5(parts[number], usedforsecurity=False).digest() for number in numbers)
        etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(numbers)}"
        joined = b"".join(parts[number] for number in numbers)
        entry = self._buckets.put(bucket, key, joined, kind=kind, metadata=metadata, etag=etag)
        self.abort(upload)
        return entry

    def abort(self, upload: str) -> None:
        """Forget it. Raises S3Error where it is not there."""
        self._find(upload)
        del self._parts[upload], self._about[upload]

    def _find(self, upload: str) -> dict[int, bytes]:
        if upload not in self._parts:
            raise S3Error("NoSuchUpload", "The specified upload does not exist")
        return self._parts[upload]
