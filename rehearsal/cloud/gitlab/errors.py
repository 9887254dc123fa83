"""What GitLab answers when it refuses: a status and a JSON body, which never holds a value that was sent."""

from typing import Any


class ApiError(Exception):
    """An answer that is an error: its HTTP status and its JSON body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def not_found(what: str) -> ApiError:
    """A 404 that names the noun, for example `404 Project Not Found`."""
    return ApiError(404, {"message": f"404 {what} Not Found"})


def refused(field: str, reason: str) -> ApiError:
    """A 400 for an object that breaks a rule of its model."""
    return ApiError(400, {"message": {field: [reason]}})
