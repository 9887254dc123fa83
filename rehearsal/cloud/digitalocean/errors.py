"""What DigitalOcean answers when it refuses: a status and `{id, message, request_id}`. A message never holds a secret."""

from collections.abc import Mapping
from uuid import uuid4

from starlette.responses import JSONResponse

IDS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    412: "precondition_failed",
    422: "unprocessable_entity",
    429: "too_many_requests",
    500: "server_error",
}


class ApiError(Exception):
    """An answer that is an error: its HTTP status and its message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_found() -> ApiError:
    """DigitalOcean's words for anything that is not there."""
    return ApiError(404, "The resource you were accessing could not be found.")


def refused(message: str) -> ApiError:
    """A 422: the request was understood, and breaks a rule."""
    return ApiError(422, message)


def reply(error: ApiError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The error as a response, with its request id in the body and in a header as DigitalOcean has it; `headers` come on top."""
    request_id = str(uuid4())
    body = {"id": IDS[error.status], "message": error.message, "request_id": request_id}
    return JSONResponse(body, error.status, headers={"x-request-id": request_id, **(headers or {})})
