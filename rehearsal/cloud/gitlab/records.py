"""Where the objects live: in the shared store, one collection a noun, each under its id and with the project that it belongs to."""

from typing import Any

from rehearsal.cloud.gitlab.errors import ApiError
from rehearsal.cloud.store import Store

Record = dict[str, Any]


def every(store: Store, noun: str) -> list[Record]:
    """All objects of a noun, the oldest first."""
    return list(store[_collection(noun)].values())


def of(store: Store, noun: str, project: int) -> list[Record]:
    """The objects of a noun that belong to a project, the oldest first."""
    return [record for record in every(store, noun) if record["project"] == project]


def by(store: Store, noun: str, project: int, field: str, value: object) -> Record:
    """The object of a project whose field has this value. Raises ApiError 404, in the words of GitLab's general one."""
    for record in of(store, noun, project):
        if record[field] == value:
            return record
    raise ApiError(404, {"message": "404 Not found"})


def add(store: Store, noun: str, record: Record) -> Record:
    """Keep a new object, under an id that no object had before."""
    return put(store, noun, {"id": store.next_id(), **record})


def next_number(store: Store, noun: str, project: int) -> int:
    """The number (`iid`) of a project's next object of a noun."""
    return max((record["iid"] for record in of(store, noun, project)), default=0) + 1


def put(store: Store, noun: str, record: Record) -> Record:
    """Keep an object as it is now."""
    store[_collection(noun)][str(record["id"])] = record
    return record


def remove(store: Store, noun: str, record: Record) -> None:
    """Forget an object."""
    del store[_collection(noun)][str(record["id"])]


def show(record: Record, *hidden: str) -> Record:
    """An object as the API answers it: without its project and the fields in `hidden`."""
    return {name: value for name, value in record.items() if name not in ("project", *hidden)}


def _collection(noun: str) -> str:
    return f"gitlab_{noun}"
