"""The answers to a request that fails for no fault of its own, in the words of the API that it was sent to."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, PlainTextResponse, Response

from rehearsal.cloud.digitalocean import errors

DIGITALOCEAN = {
    401: "Unable to authenticate you",
    404: "The resource you were accessing could not be found.",
    429: "API rate limit exceeded.",
    500: "Unexpected server-side error",
}
GITLAB = {
    401: {"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."},
    404: {"message": "404 Not found"},
    500: {"message": "500 Internal Server Error"},
}


def of_gitlab(path: str) -> bool:
    """Whether GitLab answers at this path; elsewhere it is DigitalOcean."""
    return path.startswith("/api/")


def reply(path: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The answer with this status, one of 401, 404, 429 and 500."""
    if not of_gitlab(path):
        return errors.reply(errors.ApiError(status, DIGITALOCEAN[status]), headers)
    if status == 429:
        # Rack::Attack answers it, ahead of the API.
        return PlainTextResponse("Retry later\n", status, headers)
    return JSONResponse(GITLAB[status], status, headers)
