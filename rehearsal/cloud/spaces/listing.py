"""Lists of objects, in both versions of the request (ListObjects, ListObjectsV2)."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

from rehearsal.cloud.spaces.buckets import Entry

_MOST = 1000


def listing(bucket: str, entries: Sequence[Entry], query: Mapping[str, str]) -> str:
    """One page as XML. `entries` are in the order of their keys; with a delimiter, what is below one is a common prefix."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    most = min(int(query.get("max-keys") or _MOST), _MOST)
    after = max(query.get("marker", ""), query.get("start-after", ""), query.get("continuation-token", ""))
    encode = (lambda text: quote(text, safe="/")) if query.get("encoding-type") == "url" else escape
    found: dict[str, Entry | None] = {}
    more = False
    for entry in entries:
        if not entry.key.startswith(prefix):
            continue
        head, cut, _ = entry.key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        name = f"{prefix}{head}{delimiter}" if cut else entry.key
        if name <= after or name in found:
            continue
        if len(found) == most:
            more = True
            break
        found[name] = None if cut else entry
    last = next(reversed(found), "")
    told = {
        "Name": bucket,
        "Prefix": encode(prefix),
        "Delimiter": encode(delimiter),
        "MaxKeys": str(most),
        "IsTruncated": str(more).lower(),
    }
    told |= {"EncodingType": "url"} if query.get("encoding-type") == "url" else {}
    told |= {"KeyCount": str(len(found))} | (
        {"NextContinuationToken" if query.get("list-type") == "2" else "NextMarker": last} if more else {}
    )
    rows = [f"<{name}>{value}</{name}>" for name, value in told.items() if value]
    for name, known in found.items():
        if known is None:
            rows.append(f"<CommonPrefixes><Prefix>{encode(name)}</Prefix></CommonPrefixes>")
        else:
            parts = {
                "Key": encode(name),
                "LastModified": known.modified,
                "ETag": known.etag,
                "Size": known.size,
                "StorageClass": "STANDARD",
            }
            rows.append(f"<Contents>{''.join(f'<{part}>{value}</{part}>' for part, value in parts.items())}</Contents>")
    return f"<ListBucketResult>{''.join(rows)}</ListBucketResult>"
