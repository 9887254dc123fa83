"""Telling the world what follows from the state: each fact once, and again after it failed or a machine forgot it."""

import logging
from collections.abc import Callable

from rehearsal.cloud.store import Store
from rehearsal.cloud.world import WorldError

log = logging.getLogger("rehearsal.cloud")


def tell(store: Store, subject: str, fact: object, call: Callable[[], None]) -> None:
    """Call the world, unless `fact` is what it was last told about `subject`. Inside `with store.applying`.

    A failure is logged and kept (see `check`), and does not keep others from being told: one dead machine blocks nobody else.
    """
    if subject in store.told and store.told[subject] == fact:
        return
    try:
        call()
        store.told[subject] = fact
    except WorldError as error:
        log.warning("%s: %s", subject, error)
        store.told[subject] = error


def forget(store: Store, subject: str) -> None:
    """The world has lost what it was told about `subject`: it is told again with the next change."""
    store.told.pop(subject, None)


def failed(store: Store, subject: str) -> bool:
    """Whether the last attempt to tell the world about `subject` failed."""
    return isinstance(store.told.get(subject), WorldError)


def check(store: Store, subject: str) -> None:
    """Raises WorldError where the last attempt to tell the world about `subject` failed, in the world's words."""
    if isinstance(error := store.told.get(subject), WorldError):
        raise WorldError(str(error))
