"""Tables that map the provider's properties to the fields of the engine's API. What a table does not name is refused."""

import re
from collections.abc import Callable
from typing import Any

from rehearsal.conductor.errors import ConductorError, Refused

Convert = Callable[[str, Any], Any]
"""Takes the property's path (for messages) and its value."""
Fields = dict[str, tuple[str, Convert]]
"""Property -> API field (a dot nests) and conversion."""

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def mapped(path: str, declared: dict[str, Any], fields: Fields) -> dict[str, Any]:
    """The API's object. Raises Refused for a property that the table does not know, naming its path."""
    result: dict[str, Any] = {}
    for name, value in declared.items():
        if name not in fields:
            raise Refused(f"the conductor does not map {path}.{name}; it maps {', '.join(sorted(fields))}")
        field, convert = fields[name]
        *outer, last = field.split(".")
        place = result
        for key in outer:
            place = place.setdefault(key, {})
        place[last] = convert(f"{path}.{name}", value)
    return result


def same(_path: str, value: Any) -> Any:
    return value


def nested(fields: Fields, **defaults: Any) -> Convert:
    """An object with its own table; `defaults` are API fields that the provider always sends."""
    return lambda path, value: defaults | mapped(path, value, fields)


def each(fields: Fields, **defaults: Any) -> Convert:
    """A list of such objects."""
    return lambda path, values: [defaults | mapped(path, value, fields) for value in values]


def labels(_path: str, values: list[dict[str, str]]) -> dict[str, str]:
    return {item["label"]: item["value"] for item in values}


def duration(path: str, text: str) -> int:
    """Nanoseconds of a Go duration (`1m30s`, `500ms`, `0s`)."""
    if not re.fullmatch(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+|0", text):
        raise ConductorError(f"{path} is {text!r}; a duration looks like 500ms, 10s or 1m30s")
    return sum(round(float(number) * _UNITS[unit]) for number, unit in re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", text))
