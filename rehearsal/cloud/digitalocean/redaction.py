"""What a token without the scope `database:view_credentials` gets to see: everything but passwords.

The published document says that a password then "will not show up", and clients keep the one that they know.
"""

import json
import re
from typing import Any

from starlette.responses import JSONResponse, Response


def redacted(reply: Response) -> Response:
    """The same answer without passwords."""
    return JSONResponse(_without(json.loads(bytes(reply.body))), reply.status_code) if reply.body else reply


def _without(value: Any) -> Any:
    match value:
        case dict():
            return {name: _uri(inner) if name == "uri" else _without(inner) for name, inner in value.items() if name != "password"}
        case list():
            return [_without(inner) for inner in value]
        case _:
            return value


def _uri(uri: str) -> str:
    return re.sub(r"(://[^:/@]+):[^@]*@", r"\1@", uri)
