"""A list, one page at a time, with the headers that clients follow (https://docs.gitlab.com/api/rest/#pagination)."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse

from rehearsal.cloud.gitlab.errors import ApiError


def page(request: Request, items: list[dict[str, Any]]) -> JSONResponse:
    """The page that `page` and `per_page` (20 unless told, 100 at most) ask for. Raises ApiError 400."""
    number, size = _count(request, "page", 1), min(_count(request, "per_page", 20), 100)
    last = max(1, -(-len(items) // size))
    headers = {
        "x-page": str(number),
        "x-per-page": str(size),
        "x-total": str(len(items)),
        "x-total-pages": str(last),
        "x-prev-page": str(number - 1) if number > 1 else "",
        "x-next-page": str(number + 1) if number < last else "",
    }
    if number < last:
        headers["link"] = f'<{_address(request, page=number + 1, per_page=size)}>; rel="next"'
    return JSONResponse(items[(number - 1) * size : number * size], headers=headers)


def _address(request: Request, **parameters: int) -> str:
    # request.url is decoded, and `group/project` is another path than `group%2Fproject`.
    path = request.scope["raw_path"].decode("ascii")
    return f"{request.url.scheme}://{request.url.netloc}{path}?{urlencode({**request.query_params, **parameters})}"


def _count(request: Request, name: str, default: int) -> int:
    try:
        number = int(request.query_params.get(name, default))
    except ValueError:
        number = 0
    if number < 1:
        raise ApiError(400, {"error": f"{name} does not have a valid value"})
    return number
