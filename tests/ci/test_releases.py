"""The history of a stack's releases: what can be gone back to, and what is kept for it."""

import pytest

from ci.releases import Past, kept, previous


def past(*digests: str) -> list[Past]:
    return [Past(number=number, digest=digest) for number, digest in enumerate(digests, 1)]


@pytest.mark.parametrize(
    ("history", "running", "before"),
    [
        ("a b c", "c", "b"),
        ("a b c b", "b", "a"),
        ("a b a", "a", None),
        ("a", "a", None),
        ("", "a", None),
        ("a b", "unknown", "b"),
    ],
)
def test_going_back_means_the_one_before_and_never_the_one_that_was_left(history: str, running: str, before: str | None) -> None:
    found = previous(past(*history.split()), running)
    assert (found.digest if found else None) == before


def test_the_newest_are_kept_each_once() -> None:
    history = past("a", "b", "c", "d", "e", "f", "g", "f")
    assert kept(history, 5) == {"c", "d", "e", "f", "g"}
    assert kept(history, 2) == {"f", "g"}
