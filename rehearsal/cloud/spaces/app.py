"""The service: one application for all buckets, by name in the host (`BUCKET.REGION.digitaloceanspaces.com`) or in the path."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape, unescape

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rehearsal.cloud.spaces import signature
from rehearsal.cloud.spaces.buckets import Buckets, Entry
from rehearsal.cloud.spaces.errors import S3Error
from rehearsal.cloud.spaces.keys import Keys
from rehearsal.cloud.spaces.listing import listing
from rehearsal.cloud.spaces.uploads import Uploads, content

DOMAIN = "digitaloceanspaces.com"
_HOST = re.compile(rf"(?:(?P<bucket>[^.]+)\.)?(?P<region>[a-z]{{3}}\d)\.{re.escape(DOMAIN)}(?::\d+)?")
_CONFIGURED = {"acl", "cors", "lifecycle", "versioning"}
_UNSET = {
    "acl": "<AccessControlPolicy/>",
    "versioning": "<VersioningConfiguration/>",
    "cors": S3Error("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    "lifecycle": S3Error("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
}
_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]


def create_app(root: Path, keys: Path) -> Starlette:
    """The service over the buckets below `root` and the keys of a file (keys.py)."""
    service = Service(Buckets(root), Keys(keys))

    async def answer(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(service.answer, request, body)

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


class Service:
    """Each request by itself."""

    def __init__(self, buckets: Buckets, keys: Keys) -> None:
        self._buckets, self._keys, self._uploads = buckets, keys, Uploads(buckets)

    def answer(self, request: Request, body: bytes) -> Response:
        """Check who asks and what they may, then do it."""
        try:
            return self._answer(request, body)
        except S3Error as error:
            return error.reply()

    def _answer(self, request: Request, body: bytes) -> Response:
        headers = dict(request.headers)
        path = unquote(request.scope["raw_path"].decode().partition("?")[0])
        asked = signature.Request(method=request.method, path=path, query=request.url.query, headers=headers)
        access = signature.access_of(asked)
        signature.check(asked, self._keys.secret(access), body=body, now=datetime.now(UTC))
        host = _HOST.fullmatch(headers.get("host", ""))
        bucket, key = (host["bucket"] or "", path[1:]) if host and host["bucket"] else path[1:].partition("/")[::2]
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        reads = request.method in ("GET", "HEAD") or (not key and "delete" not in query and request.method == "POST")
        configures = not key and (not bucket or (request.method in ("PUT", "DELETE")) or bool(query.keys() & {"acl", "lifecycle", "cors"}))
        self._keys.check(access, bucket, write=not reads, configure=configures)
        region = host["region"] if host else ""
        if bucket and not (configures and request.method == "PUT" and not query):
            there = self._buckets.settings(bucket)["region"]
            if region and there and region != there:
                raise S3Error("NoSuchBucket", f"There is no bucket {bucket} in {region}")
        if key:
            return self._object(request.method, bucket, key, query, headers, content(headers, body))
        return self._bucket(request.method, bucket, query, body.decode(), region)

    def _bucket(self, method: str, bucket: str, query: Mapping[str, str], body: str, region: str) -> Response:
        subresource = next(iter(query.keys() & _CONFIGURED), "")
        match method:
            case "PUT" if subresource:
                self._buckets.configure(bucket, subresource, body or "<AccessControlPolicy/>")
                return Response()
            case "PUT":
                self._buckets.create(bucket, region)
                return Response()
            case "DELETE" if subresource:
                self._buckets.configure(bucket, subresource, None)
                return Response(status_code=204)
            case "DELETE":
                self._buckets.delete(bucket)
                return Response(status_code=204)
            case "HEAD":
                return Response()
            case "GET" if subresource:
                found = self._buckets.settings(bucket).get(subresource, _UNSET[subresource])
                if isinstance(found, S3Error):
                    raise found
                return _xml(found)
            case "GET" if "location" in query:
                return _xml(f"<LocationConstraint>{self._buckets.settings(bucket)['region']}</LocationConstraint>")
            case "GET" if bucket and "versions" not in query and "uploads" not in query:
                return _xml(listing(bucket, [*self._buckets.entries(bucket)], query))
            case "POST" if "delete" in query:
                keys = [unescape(key) for key in re.findall(r"<Key>(.*?)</Key>", body, re.DOTALL)]
                for key in keys:
                    self._buckets.remove(bucket, key)
                deleted = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
                return _xml(f"<DeleteResult>{deleted}</DeleteResult>")
        raise S3Error("NotImplemented", f"the rehearsal's Spaces does not answer {method} /?{'&'.join(query)}")

    def _object(self, method: str, bucket: str, key: str, query: Mapping[str, str], headers: dict[str, str], body: bytes) -> Response:
        about = {
            "kind": headers.get("content-type", "binary/octet-stream"),
            "metadata": {name: value for name, value in headers.items() if name.startswith("x-amz-meta-")},
        }
        upload = query.get("uploadId", "")
        match method:
            case "GET" | "HEAD" if not query.keys() & {"acl", "uploadId"}:
                return self._content(*self._buckets.get(bucket, key), headers.get("range", ""))
            case "PUT" if upload:
                return Response(headers={"etag": self._uploads.part(upload, int(query["partNumber"]), body)})
            case "PUT" if "x-amz-copy-source" not in headers and "acl" not in query:
                return Response(headers={"etag": self._buckets.put(bucket, key, body, **about).etag})  # type: ignore[arg-type]
            case "POST" if "uploads" in query:
                upload = self._uploads.begin(bucket, key, **about)  # type: ignore[arg-type]
                named = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
                return _xml(f"<InitiateMultipartUploadResult>{named}</InitiateMultipartUploadResult>")
            case "POST" if upload:
                entry = self._uploads.complete(upload, body.decode())
                named = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><ETag>{entry.etag}</ETag>"
                return _xml(f"<CompleteMultipartUploadResult>{named}</CompleteMultipartUploadResult>")
            case "DELETE" if upload:
                self._uploads.abort(upload)
                return Response(status_code=204)
            case "DELETE":
                self._buckets.remove(bucket, key)
                return Response(status_code=204)
        raise S3Error("NotImplemented", f"the rehearsal's Spaces does not answer {method} /KEY?{'&'.join(query)}")

    @staticmethod
    def _content(entry: Entry, file: Path, span: str) -> Response:
        """The object, or the `bytes=FIRST-LAST` of it. (Starlette takes the body away from the answer to a HEAD.)"""
        modified = format_datetime(datetime.fromisoformat(entry.modified), usegmt=True)
        headers = {"etag": entry.etag, "last-modified": modified, "accept-ranges": "bytes", **entry.metadata}
        body = file.read_bytes()
        if wanted := re.fullmatch(r"bytes=(\d*)-(\d*)", span):
            first = int(wanted[1]) if wanted[1] else max(len(body) - int(wanted[2]), 0)
            last = min(int(wanted[2]) if wanted[1] and wanted[2] else len(body) - 1, len(body) - 1)
            if first > last:
                raise S3Error("InvalidRange", "The requested range is not satisfiable")
            headers["content-range"] = f"bytes {first}-{last}/{len(body)}"
            return Response(body[first : last + 1], 206, headers, entry.kind)
        return Response(body, 200, headers, entry.kind)


def _xml(text: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', media_type="application/xml")
