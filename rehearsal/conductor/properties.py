"""Input and output properties of resources."""

from enum import Enum
from typing import Any, Final

Properties = dict[str, Any]
"""By their wire names (camelCase)."""


class Computed(Enum):
    """What stands for a value that only `up` can know."""

    VALUE = "computed"


COMPUTED: Final = Computed.VALUE


def computed(value: Any) -> bool:
    """Whether something in this value is computed."""
    if isinstance(value, dict):
        return any(map(computed, value.values()))
    if isinstance(value, list):
        return any(map(computed, value))
    return value is COMPUTED


def changed(old: Properties, new: Properties) -> tuple[str, ...]:
    """Names of the properties that differ; a computed one always does."""
    return tuple(sorted(key for key in {*old, *new} if old.get(key) != new.get(key)))
