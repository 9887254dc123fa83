"""How S3 says no (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)."""

from xml.sax.saxutils import escape

from starlette.responses import Response

_STATUS = {
    "AccessDenied": 403,
    "BadDigest": 400,
    "BucketAlreadyExists": 409,
    "BucketNotEmpty": 409,
    "InvalidAccessKeyId": 403,
    "InvalidPart": 400,
    "InvalidRange": 416,
    "NoSuchBucket": 404,
    "NoSuchCORSConfiguration": 404,
    "NoSuchKey": 404,
    "NoSuchLifecycleConfiguration": 404,
    "NoSuchUpload": 404,
    "NotImplemented": 501,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
}


class S3Error(Exception):
    """One of S3's errors, by its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def reply(self) -> Response:
        """As the protocol has it."""
        body = f"<Error><Code>{self.code}</Code><Message>{escape(str(self))}</Message></Error>"
        return Response(body, _STATUS[self.code], media_type="application/xml")
