"""AWS Signature Version 4, as S3 uses it: made and checked over headers, checked over a query.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html. Signatures of the chunks of a streamed body are
not checked: that of the request covers its headers.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from rehearsal.cloud.spaces.errors import S3Error

SKEW = timedelta(minutes=15)
UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"
_MOMENT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is signed: `path` not encoded, `query` as it stands in the address, header names in small letters."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


def signed(request: Request, access: str, secret: str, *, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that sign it, besides its own."""
    headers = {**request.headers, "x-amz-date": now.strftime(_MOMENT), "x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
    names = ";".join(sorted(headers))
    scope = f"{now:%Y%m%d}/us-east-1/s3/aws4_request"
    asked = Request(method=request.method, path=request.path, query=request.query, headers=headers)
    signature = _signature(asked, names, scope, headers["x-amz-date"], headers["x-amz-content-sha256"], secret)
    return headers | {"authorization": f"{_ALGORITHM} Credential={access}/{scope},SignedHeaders={names},Signature={signature}"}


def access_of(request: Request) -> str:
    """The access key that signed it. Raises S3Error where nobody did."""
    return _told(request)["Credential"].partition("/")[0]


def check(request: Request, secret: str, *, body: bytes, now: datetime) -> None:
    """Raises S3Error for a signature that this secret does not make, one of another time, or another body than was signed."""
    told = _told(request)
    moment = datetime.strptime(told["Date"], _MOMENT).replace(tzinfo=UTC)
    limit = timedelta(seconds=int(told["Expires"])) if "Expires" in told else SKEW
    if not -SKEW <= now - moment <= limit:
        raise S3Error("RequestTimeTooSkewed" if limit is SKEW else "AccessDenied", "The request is of another time")
    content = UNSIGNED if "Expires" in told else request.headers.get("x-amz-content-sha256", UNSIGNED)
    scope = told["Credential"].partition("/")[2]
    if not hmac.compare_digest(told["Signature"], _signature(request, told["SignedHeaders"], scope, told["Date"], content, secret)):
        raise S3Error("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided")
    if len(content) == 64 and content != hashlib.sha256(body).hexdigest():
        raise S3Error("BadDigest", "The body is not what was signed")


def _told(request: Request) -> dict[str, str]:
    """Credential, SignedHeaders, Signature and Date, from the header or the query; `Expires` in a query only."""
    scheme, _, words = request.headers.get("authorization", "").partition(" ")
    if scheme == _ALGORITHM:
        pairs = (word.strip().partition("=") for word in words.split(","))
        return {name: value for name, _, value in pairs} | {"Date": request.headers.get("x-amz-date", "")}
    query = dict(parse_qsl(request.query))
    if query.get("X-Amz-Algorithm") == _ALGORITHM:
        return {name.removeprefix("X-Amz-"): value for name, value in query.items()}
    raise S3Error("AccessDenied", "Access Denied")


def _signature(request: Request, names: str, scope: str, moment: str, content: str, secret: str) -> str:
    pairs = [pair for pair in parse_qsl(request.query, keep_blank_values=True) if pair[0] != "X-Amz-Signature"]
    query = "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs))
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";"))
    canonical = "\n".join([request.method, quote(request.path, safe="/-_.~"), query, headers, names, content])
    text = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
