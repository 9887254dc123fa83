"""The stand-in for Spaces over its protocol: who may do what with a bucket, and whether what was put comes back."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from rehearsal.cloud.spaces import signature
from rehearsal.cloud.spaces.app import create_app

HOST = "fra1.digitaloceanspaces.com"
KEYS = {
    "MAKER": {"secret": "maker's", "grants": [{"bucket": "", "permission": "fullaccess"}]},
    "MEDIA": {"secret": "media's", "grants": [{"bucket": "media-1", "permission": "readwrite"}]},
    "READER": {"secret": "reader's", "grants": [{"bucket": "media-1", "permission": "read"}]},
}


class Client:
    """Signs what it sends as one of the keys, at the name of the bucket's region."""

    def __init__(self, folder: Path) -> None:
        (folder / "keys.json").write_text(json.dumps(KEYS))
        self._app = create_app(folder / "data", folder / "keys.json")

    def send(self, key: str, method: str, path: str, body: bytes = b"", *, query: str = "", **more: Any) -> Any:
        secret = more.get("secret", KEYS[key]["secret"] if key in KEYS else "")
        headers = {"host": more.get("host", HOST), **more.get("headers", {})}
        request = signature.Request(method=method, path=path, query=query, headers=headers)
        signed = signature.signed(request, key, secret, body=body, now=more.get("now", datetime.now(UTC)))
        url = f"https://{headers['host']}{path}{'?' if query else ''}{query}"
        return asyncio.run(self._send(method, url, headers=signed, content=body))

    async def _send(self, method: str, url: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app)) as client:
            return await client.request(method, url, **more)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """With two buckets, the second of which nobody but their maker may touch."""
    client = Client(tmp_path)
    for bucket in ("media-1", "other-1"):
        assert client.send("MAKER", "PUT", f"/{bucket}").status_code == 200
    return client


def code(reply: Any) -> str:
    """The error's, or the status of what went well."""
    return reply.text.partition("<Code>")[2].partition("</Code>")[0] or str(reply.status_code)


def test_a_limited_key_stores_and_reads_in_its_bucket_and_is_refused_in_another(client: Client) -> None:
    assert code(client.send("MEDIA", "PUT", "/media-1/photos/one.jpg", b"a photo")) == "200"
    assert client.send("MEDIA", "GET", "/media-1/photos/one.jpg").content == b"a photo"
    assert code(client.send("MEDIA", "PUT", "/other-1/photos/one.jpg", b"a photo")) == "AccessDenied"
    assert code(client.send("MEDIA", "GET", "/other-1/photos/one.jpg")) == "AccessDenied"


def test_a_limited_key_makes_no_bucket_and_changes_and_deletes_none(client: Client) -> None:
    assert code(client.send("MEDIA", "PUT", "/third-1")) == "AccessDenied"
    assert code(client.send("MEDIA", "PUT", "/media-1", b"<VersioningConfiguration/>", query="versioning=")) == "AccessDenied"
    assert code(client.send("MEDIA", "DELETE", "/media-1")) == "AccessDenied"


def test_a_reader_writes_and_deletes_nothing(client: Client) -> None:
    client.send("MEDIA", "PUT", "/media-1/one", b"1")
    assert client.send("READER", "GET", "/media-1/one").content == b"1"
    assert code(client.send("READER", "PUT", "/media-1/one", b"2")) == "AccessDenied"
    assert code(client.send("READER", "DELETE", "/media-1/one")) == "AccessDenied"
    order = b"<Delete><Object><Key>one</Key></Object></Delete>"
    assert code(client.send("READER", "POST", "/media-1", order, query="delete=")) == "AccessDenied"


def test_a_wrong_secret_an_unknown_key_and_another_time_are_refused(client: Client) -> None:
    assert code(client.send("MEDIA", "GET", "/media-1/one", secret="another")) == "SignatureDoesNotMatch"
    assert code(client.send("NOBODY", "GET", "/media-1/one")) == "InvalidAccessKeyId"
    assert code(client.send("MEDIA", "GET", "/media-1/one", now=datetime.now(UTC) - timedelta(days=1))) == "RequestTimeTooSkewed"


def test_a_bucket_is_reached_by_its_own_name_too_and_in_its_region_only(client: Client) -> None:
    client.send("MEDIA", "PUT", "/media-1/a b/ä.txt", b"words")
    assert client.send("MEDIA", "GET", "/a b/ä.txt", host=f"media-1.{HOST}").content == b"words"
    assert code(client.send("MEDIA", "GET", "/media-1/a b/ä.txt", host="ams3.digitaloceanspaces.com")) == "NoSuchBucket"


def test_lists_come_in_pages_and_with_common_prefixes(client: Client) -> None:
    for name in ("a/1", "a/2", "b/1", "c"):
        client.send("MEDIA", "PUT", f"/media-1/{name}", b"x")
    page = client.send("MEDIA", "GET", "/media-1", query="list-type=2&max-keys=2").text
    assert (page.count("<Key>"), "<IsTruncated>true</IsTruncated><KeyCount>2" in page) == (2, True)
    assert "<NextContinuationToken>a/2</NextContinuationToken>" in page
    rest = client.send("MEDIA", "GET", "/media-1", query="list-type=2&continuation-token=a%2F2").text
    assert "<Key>b/1</Key>" in rest
    assert "<Key>a/" not in rest
    assert client.send("MEDIA", "GET", "/media-1", query="delimiter=%2F").text.count("<CommonPrefixes>") == 2


def test_a_part_of_an_object_is_read(client: Client) -> None:
    client.send("MEDIA", "PUT", "/media-1/one", b"0123456789")
    reply = client.send("MEDIA", "GET", "/media-1/one", headers={"range": "bytes=2-4"})
    assert (reply.status_code, reply.content, reply.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert client.send("MEDIA", "GET", "/media-1/one", headers={"range": "bytes=-3"}).content == b"789"


def test_an_upload_in_parts_becomes_one_object(client: Client) -> None:
    begun = client.send("MEDIA", "POST", "/media-1/big", query="uploads=").text
    upload = begun.partition("<UploadId>")[2].partition("</UploadId>")[0]
    for number, part in ((1, b"first "), (2, b"second")):
        reply = client.send("MEDIA", "PUT", "/media-1/big", part, query=f"partNumber={number}&uploadId={upload}")
        assert reply.headers["etag"] == f'"{hashlib.md5(part, usedforsecurity=False).hexdigest()}"'
    order = (
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part><Part><PartNumber>2</PartNumber></Part></CompleteMultipartUpload>"
    )
    assert code(client.send("MEDIA", "POST", "/media-1/big", order, query=f"uploadId={upload}")) == "200"
    assert client.send("MEDIA", "GET", "/media-1/big").content == b"first second"


def test_a_bucket_with_something_in_it_is_not_deleted_and_no_name_is_taken_twice(client: Client) -> None:
    client.send("MEDIA", "PUT", "/media-1/one", b"1")
    assert code(client.send("MAKER", "DELETE", "/media-1")) == "BucketNotEmpty"
    assert code(client.send("MAKER", "PUT", "/media-1")) == "BucketAlreadyExists"
    client.send("MEDIA", "DELETE", "/media-1/one")
    assert code(client.send("MAKER", "DELETE", "/media-1")) == "204"
    assert code(client.send("MAKER", "GET", "/media-1")) == "NoSuchBucket"


def test_settings_are_told_as_they_were_put(client: Client) -> None:
    assert code(client.send("MAKER", "GET", "/media-1", query="lifecycle=")) == "NoSuchLifecycleConfiguration"
    for name in ("versioning", "lifecycle"):
        text = f"<Configuration>{name}</Configuration>"
        client.send("MAKER", "PUT", "/media-1", text.encode(), query=f"{name}=")
        assert text in client.send("MAKER", "GET", "/media-1", query=f"{name}=").text
