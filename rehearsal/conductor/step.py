"""One line of a plan."""

from dataclasses import dataclass
from enum import StrEnum


class Op(StrEnum):
    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens to one resource. `type` is the Pulumi token, `parent` an URN, `properties` the names of the inputs that change."""

    urn: str
    type: str
    name: str
    parent: str
    op: Op
    properties: tuple[str, ...] = ()
